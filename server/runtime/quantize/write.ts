/** Quantizes a checkpoint into one file, a block of rows at a time: memory does not grow with the model. */
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { VerityError } from '../errors.ts';
import type { FloatTensorLocation, Weights } from '../weights.ts';
import { allocateRows, quantizeRows } from './blocks.ts';
import { FLOAT_BYTES, toFloat32 } from './float.ts';
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

/** Weights per block of rows: some 4 MB as float32. */
const BLOCK_WEIGHTS = 1 << 20;

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

/** Reads a tensor in blocks of whole rows, as float32, and returns the SHA-256 of its bytes. */
async function eachBlock(
  file: FileHandle,
  source: FloatTensorLocation,
  { rows, columns }: LaidTensor,
  use: (weights: Float32Array, bytes: number) => Promise<void>,
): Promise<string> {
  const rowBytes = columns * FLOAT_BYTES[source.dtype];
  const blockRows = Math.min(rows, Math.max(1, Math.floor(BLOCK_WEIGHTS / columns)));
  const bytes = new Uint8Array(blockRows * rowBytes);
  const weights = new Float32Array(blockRows * columns);
  const hash = createHash('sha256');
  for (let row = 0; row < rows; row += blockRows) {
    const count = Math.min(blockRows, rows - row);
    const filled = bytes.subarray(0, count * rowBytes);
    await readExactly(file, filled, source, source.offset + row * rowBytes);
    hash.update(filled);
    const block = weights.subarray(0, count * columns);
    toFloat32(source.dtype, filled, block);
    refuseNonFinite(block, source, row * columns);
    await use(block, filled.byteLength);
  }
  return hash.digest('hex');
}

async function readExactly(
  file: FileHandle,
  bytes: Uint8Array,
  { file: path, name }: FloatTensorLocation,
  position: number,
): Promise<void> {
  for (let filled = 0; filled < bytes.length;) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, position + filled);
    if (bytesRead === 0)
      throw new VerityError('badModel', `${path} ends within tensor ${name}; download the checkpoint again.`);
    filled += bytesRead;
  }
}

function refuseNonFinite(weights: Float32Array, { file, name }: FloatTensorLocation, first: number): void {
  const bad = weights.findIndex((weight) => !Number.isFinite(weight));
  if (bad < 0) return;
  throw new VerityError(
    'badModel',
    `${file}: tensor ${name} has the value ${weights[bad]} at element ${first + bad}; the checkpoint is damaged. ` +
      'Download or export it again.',
  );
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
