/** A stored matrix, read a block of rows at a time: memory does not grow with the model. */
import type { FileHandle } from 'node:fs/promises';
import { VerityError } from './errors.ts';
import { FLOAT_BYTES, toFloat32 } from './quantize/float.ts';
import type { FloatTensorLocation } from './weights.ts';

/** Weights per block of rows: some 4 MB as float32. */
const BLOCK_WEIGHTS = 1 << 20;

export interface RowBlock {
  /** Whole rows as float32; both views hold until the next block is asked for. */
  weights: Float32Array;
  /** The same rows as they lie in the file. */
  bytes: Uint8Array;
}

/**
 * Reads a tensor of `rows` × `columns` from its open file, from its first row on.
 * @throws VerityError badModel for a weight that is NaN or infinite, naming its tensor, or a file that ends early.
 */
export async function* rowBlocks(
  file: FileHandle,
  source: FloatTensorLocation,
  { rows, columns }: { rows: number; columns: number },
): AsyncGenerator<RowBlock> {
  const rowBytes = columns * FLOAT_BYTES[source.dtype];
  const blockRows = Math.min(rows, Math.max(1, Math.floor(BLOCK_WEIGHTS / columns)));
  const bytes = new Uint8Array(blockRows * rowBytes);
  const weights = new Float32Array(blockRows * columns);
  for (let row = 0; row < rows; row += blockRows) {
    const count = Math.min(blockRows, rows - row);
    const filled = bytes.subarray(0, count * rowBytes);
    await readExactly(file, filled, source, source.offset + row * rowBytes);
    const block = weights.subarray(0, count * columns);
    toFloat32(source.dtype, filled, block);
    refuseNonFinite(block, source, row * columns);
    yield { weights: block, bytes: filled };
  }
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
