/** Plain readings of the quantized layout, one weight at a time, for tests to compare with. */
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { BlockRows } from '../../../../server/runtime/quantize/blocks.ts';
import type { BlockFormat } from '../../../../server/runtime/stored.ts';

export interface Matrix {
  rows: number;
  columns: number;
  /** Row-major. */
  values: Float32Array;
}

const code = (bytes: Uint8Array, start: number, index: number, bits: number): number =>
  bits === 8 ? bytes[start + index]! : (bytes[start + (index >> 1)]! >> (4 * (index & 1))) & 15;

/** (code − zero point) · scale of every weight; the tails of the blocks are left out. */
export function dequantize(
  packed: BlockRows,
  rows: number,
  columns: number,
  format: BlockFormat,
): number[][] {
  const { bits, blockSize, symmetric } = format;
  const blocks = Math.ceil(columns / blockSize);
  const codeBytes = (blocks * blockSize * bits) / 8;
  const zeroBytes = Math.ceil((blocks * bits) / 8);
  return Array.from({ length: rows }, (_row, row) =>
    Array.from({ length: columns }, (_column, column) => {
      const block = Math.floor(column / blockSize);
      const zero = symmetric ? 2 ** (bits - 1) : code(packed.zeroPoints, row * zeroBytes, block, bits);
      return (
        (code(packed.codes, row * codeBytes, column, bits) - zero) * packed.scales[row * blocks + block]!
      );
    }),
  );
}

/** A directory that the running test may fill. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'verity-quantize-')));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Writes parts one after the other into a file, as external data for a graph; returns their offsets. */
export async function writeParts(directory: string, file: string, parts: BlockRows): Promise<number[]> {
  const pieces = [parts.codes, parts.scales, parts.zeroPoints].map(
    (part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
  );
  await writeFile(join(directory, file), Buffer.concat(pieces));
  return [0, pieces[0]!.length, pieces[0]!.length + pieces[1]!.length];
}
