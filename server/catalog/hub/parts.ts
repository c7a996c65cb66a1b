/**
 * A file that is being loaded in parts, and which of them have come: so much is kept when the network, the process or
 * the machine fails.
 *
 *   <blob>.verity       the file, at its full length from the beginning
 *   <blob>.verity.json  the parts that are complete
 */
import { type FileHandle, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { VerityError } from '../../runtime/errors.ts';

const State = z.object({
  size: z.number().int().nonnegative(),
  partBytes: z.number().int().positive(),
  complete: z.array(z.number().int().nonnegative()),
});

/** Bytes [from, to) of the file. */
export interface Part {
  index: number;
  from: number;
  to: number;
}

export class PartialFile {
  private readonly handle: FileHandle;
  private readonly blob: string;
  private readonly size: number;
  private readonly partBytes: number;
  private readonly complete: Set<number>;
  private saving: Promise<void> = Promise.resolve();

  private constructor(handle: FileHandle, blob: string, size: number, partBytes: number, complete: number[]) {
    this.handle = handle;
    this.blob = blob;
    this.size = size;
    this.partBytes = partBytes;
    this.complete = new Set(complete);
  }

  /** Goes on with what is there, if it was loaded in parts of this size. */
  static async open(blob: string, size: number, partBytes: number): Promise<PartialFile> {
    const state = await readState(blob);
    const isSame = state?.size === size && state.partBytes === partBytes;
    try {
      const handle = await open(partialName(blob), isSame ? 'r+' : 'w+');
      await handle.truncate(size);
      return new PartialFile(handle, blob, size, partBytes, isSame ? state.complete : []);
    } catch (error) {
      throw diskError(error, blob);
    }
  }

  get missing(): Part[] {
    return this.parts.filter(({ index }) => !this.complete.has(index));
  }

  /** Bytes of the parts that have come. */
  get bytes(): number {
    return this.parts
      .filter(({ index }) => this.complete.has(index))
      .reduce((sum, { from, to }) => sum + to - from, 0);
  }

  private get parts(): Part[] {
    const count = Math.max(1, Math.ceil(this.size / this.partBytes));
    return Array.from({ length: count }, (_, index) => ({
      index,
      from: index * this.partBytes,
      to: Math.min((index + 1) * this.partBytes, this.size),
    }));
  }

  /** @throws VerityError badInput where the disk takes no more. */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    let written = 0;
    try {
      while (written < bytes.length) {
        const rest = bytes.length - written;
        written += (await this.handle.write(bytes, written, rest, position + written)).bytesWritten;
      }
    } catch (error) {
      throw diskError(error, this.blob);
    }
  }

  /** A part is there: from now on it need not be loaded again. */
  async finish({ index }: Part): Promise<void> {
    this.complete.add(index);
    this.saving = this.saving.then(() => this.save());
    await this.saving;
  }

  private async save(): Promise<void> {
    const { size, partBytes, complete } = this;
    const file = stateName(this.blob);
    const temporary = `${file}.tmp`;
    try {
      await writeFile(temporary, JSON.stringify({ size, partBytes, complete: [...complete] }));
      await rename(temporary, file);
    } catch (error) {
      throw diskError(error, this.blob);
    }
  }

  /** All of it, as it stands on the disk. */
  content(): AsyncIterable<Buffer> {
    return this.handle.createReadStream({ start: 0, autoClose: false }) as AsyncIterable<Buffer>;
  }

  /** The file becomes the blob. */
  async publish(): Promise<void> {
    await this.handle.sync();
    await this.close();
    await rename(partialName(this.blob), this.blob);
    await rm(stateName(this.blob), { force: true });
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  /** Nothing of it is kept. */
  async discard(): Promise<void> {
    await this.close();
    await Promise.all([partialName, stateName].map((name) => rm(name(this.blob), { force: true })));
  }
}

const partialName = (blob: string): string => `${blob}.verity`;
const stateName = (blob: string): string => `${blob}.verity.json`;

async function readState(blob: string): Promise<z.infer<typeof State> | undefined> {
  try {
    return State.parse(JSON.parse(await readFile(stateName(blob), 'utf8')));
  } catch {
    return undefined;
  }
}

function diskError(error: unknown, file: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const advice: Record<string, string> = {
    ENOSPC: 'the disk is full: free some space',
    EDQUOT: 'your disk quota is used up: free some space',
    EACCES: 'it may not be written: check its permissions',
    EROFS: 'the disk is read-only: set HF_HOME to another folder',
  };
  if (advice[code] === undefined) return error;
  return new VerityError('badInput', `${file}: ${advice[code]}, then try again. What has come is kept.`);
}
