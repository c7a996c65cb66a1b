/**
 * One quantized checkpoint on disk: a directory with weights.bin and manifest.json. An entry is used only if every
 * byte of it has the checksum taken when it was written: what is half-written, cut or changed is as good as absent.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { VerityError } from '../errors.ts';
import { DataType } from '../onnx/schema.ts';
import type { FileRange, GraphWeights, StoredTensor } from '../stored.ts';
import type { LaidTensor, Layout, Part, PartName } from './layout.ts';

export const WEIGHTS_FILE = 'weights.bin';
export const MANIFEST_FILE = 'manifest.json';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

export const Manifest = z.object({
  /** Of the source's content, see identity.ts. */
  source: digest,
  /** For people: what was quantized, and how. */
  checkpoint: z.string(),
  quantization: z.unknown(),
  /** SHA-256 of each part, by tensor. */
  checksums: z.record(
    z.string(),
    z.partialRecord(z.enum(['values', 'codes', 'scales', 'zeroPoints']), digest),
  ),
});
export type Manifest = z.infer<typeof Manifest>;

/** The graph's weights in an entry. */
export class QuantizedWeights implements GraphWeights {
  readonly folder: string;
  readonly quantized = true;
  /** Of weights.bin. */
  readonly byteLength: number;
  private readonly tensors: Map<string, LaidTensor>;
  private readonly accuracyLevel: 0 | 4;

  constructor(folder: string, layout: Layout, accuracyLevel: 0 | 4) {
    this.folder = folder;
    this.byteLength = layout.byteLength;
    this.tensors = new Map(layout.tensors.map((tensor) => [tensor.name, tensor]));
    this.accuracyLevel = accuracyLevel;
  }

  locate(name: string, shape: number[]): StoredTensor {
    const tensor = this.tensors.get(name);
    if (tensor?.shape.join() !== shape.join())
      throw new VerityError('badModel', `${this.folder} has no tensor ${name} of shape [${shape.join()}].`);
    if (tensor.format === 'float32')
      return { kind: 'plain', type: DataType.float, ...rangeOf(tensor, 'values') };
    return {
      kind: 'blocks',
      format: tensor.format,
      accuracyLevel: this.accuracyLevel,
      codes: rangeOf(tensor, 'codes'),
      scales: rangeOf(tensor, 'scales'),
      ...(!tensor.format.symmetric && { zeroPoints: rangeOf(tensor, 'zeroPoints') }),
    };
  }
}

function rangeOf(tensor: LaidTensor, name: PartName): FileRange {
  const { offset, byteLength } = tensor.parts.find((part) => part.name === name)!;
  return { file: WEIGHTS_FILE, offset, byteLength };
}

/** Whether a directory holds exactly the layout's tensors of this source. Reads the whole file. */
export async function isIntact(
  directory: string,
  source: string,
  layout: Layout,
  signal?: AbortSignal,
): Promise<boolean> {
  const manifest = await readManifest(join(directory, MANIFEST_FILE));
  if (manifest?.source !== source) return false;
  const file = await open(join(directory, WEIGHTS_FILE), 'r').catch(() => undefined);
  if (file === undefined) return false;
  try {
    if ((await file.stat()).size !== layout.byteLength) return false;
    for (const { name, parts } of layout.tensors)
      for (const part of parts) {
        const actual = await partDigest(file, part, signal);
        if (actual !== manifest.checksums[name]?.[part.name]) return false;
      }
    return true;
  } finally {
    await file.close();
  }
}

async function readManifest(file: string): Promise<Manifest | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return Manifest.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const PIECE_BYTES = 4 << 20;

async function partDigest(file: FileHandle, part: Part, signal?: AbortSignal): Promise<string | undefined> {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(Math.min(PIECE_BYTES, part.byteLength));
  for (let done = 0; done < part.byteLength;) {
    signal?.throwIfAborted();
    const length = Math.min(buffer.length, part.byteLength - done);
    const { bytesRead } = await file.read(buffer, 0, length, part.offset + done);
    if (bytesRead === 0) return undefined;
    hash.update(buffer.subarray(0, bytesRead));
    done += bytesRead;
  }
  return hash.digest('hex');
}
