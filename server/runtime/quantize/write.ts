/** Quantizes a checkpoint into one file, a block of rows at a time: memory does not grow with the model. */
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { rowBlocks } from '../tensor-rows.ts';
import type { FloatTensorLocation, Weights } from '../weights.ts';
import { allocateRows, quantizeRows } from './blocks.ts';
import type { LaidTensor, Layout, Part, PartName } from './layout.ts';

export interface QuantizeHooks {
  /** Bytes of the checkpoint's tensors that are done, and in all. */
  onProgress?: (done: number, total: number) => void;
  /** Aborting takes effect within one block of rows; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** SHA-256, hexadecimal. */
export interface Digests {
  /** Of each source tensor's bytes, by name. */
  sources: Record<string, string>;
  /** Of each written part's bytes, by tensor and part. */
  parts: Record<string, Partial<Record<PartName, string>>>;
}

/**
 * Writes the layout's tensors to `target`, which is flushed to the disk before this returns.
 * @throws VerityError badModel for a weight that is NaN or infinite, naming its tensor, or a file that ends early.
 */
export async function writeTensors(
  weights: Weights,
  layout: Layout,
  target: FileHandle,
  { onProgress, signal }: QuantizeHooks = {},
): Promise<Digests> {
  const sources = layout.tensors.map(({ name, shape }) => weights.find(name, shape));
  const total = sources.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const files = new Map<string, FileHandle>();
  const digests: Digests = { sources: {}, parts: {} };
  let done = 0;
  const advance = (bytes: number) => {
    done += bytes;
    onProgress?.(done, total);
    signal?.throwIfAborted();
  };
  try {
    signal?.throwIfAborted();
    for (const [index, tensor] of layout.tensors.entries()) {
      const source = sources[index]!;
      const file = files.get(source.file) ?? (await open(source.file, 'r'));
      files.set(source.file, file);
      const writer = new TensorWriter(tensor, target);
      digests.sources[tensor.name] = await eachBlock(file, source, tensor, (rows, bytes) =>
        writer.write(rows).then(() => advance(bytes)),
      );
      digests.parts[tensor.name] = writer.digests;
    }
    await target.sync();
    return digests;
  } finally {
    for (const file of files.values()) await file.close();
  }
}

/** Hands on a tensor's rows block by block, and returns the SHA-256 of its bytes. */
async function eachBlock(
  file: FileHandle,
  source: FloatTensorLocation,
  shape: Pick<LaidTensor, 'rows' | 'columns'>,
  use: (weights: Float32Array, bytes: number) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256');
  for await (const { weights, bytes } of rowBlocks(file, source, shape)) {
    hash.update(bytes);
    await use(weights, bytes.byteLength);
  }
  return hash.digest('hex');
}

/** Appends blocks of rows to the parts of one tensor. */
class TensorWriter {
  private readonly tensor: LaidTensor;
  private readonly target: FileHandle;
  private readonly parts: { part: Part; hash: Hash; written: number }[];

  constructor(tensor: LaidTensor, target: FileHandle) {
    this.tensor = tensor;
    this.target = target;
    this.parts = tensor.parts.map((part) => ({ part, hash: createHash('sha256'), written: 0 }));
  }

  async write(weights: Float32Array): Promise<void> {
    const { format, columns } = this.tensor;
    if (format === 'float32') return this.append('values', weights);
    const rows = allocateRows(format, weights.length / columns, columns);
    quantizeRows(weights, columns, format, rows);
    await this.append('codes', rows.codes);
    await this.append('scales', rows.scales);
    if (!format.symmetric) await this.append('zeroPoints', rows.zeroPoints);
  }

  private async append(name: PartName, data: Uint8Array | Float32Array): Promise<void> {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const state = this.parts.find(({ part }) => part.name === name)!;
    state.hash.update(bytes);
    for (let done = 0; done < bytes.length;) {
      const position = state.part.offset + state.written;
      const { bytesWritten } = await this.target.write(bytes, done, bytes.length - done, position);
      done += bytesWritten;
      state.written += bytesWritten;
    }
  }

  get digests(): Partial<Record<PartName, string>> {
    return Object.fromEntries(this.parts.map(({ part, hash }) => [part.name, hash.digest('hex')]));
  }
}
