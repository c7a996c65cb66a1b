/**
 * Block quantization of matrix rows into the layout of ONNX Runtime's com.microsoft.MatMulNBits
 * (https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md): each block of `blockSize` weights of
 * a row becomes codes of 4 or 8 bits with
 *
 *   weight ≈ (code − zero point) · scale,   code = clamp(⌊weight / scale + zero point + ½⌋, 0, 2^bits − 1)
 *
 * Symmetric: zero point 2^(bits−1), scale = −m / 2^(bits−1), m the block's first weight of largest magnitude; so m
 * itself is met exactly, by code 0, and only the opposite end is clamped. Asymmetric: with lo = min(0, weights) and
 * hi = max(0, weights), scale = (hi − lo) / (2^bits − 1) and zero point = ⌊−lo / scale + ½⌋; zero is met exactly.
 * Scales are rounded to float32 before they are used; all else is computed in float64. These are the rules of ONNX
 * Runtime's own quantizer (onnxruntime/core/mlas/lib/q4_dq.cpp). A block of zeros has scale 0 and only zero points.
 */
import { type BlockFormat, rowLayout } from '../stored.ts';

/** Where rows go: codes [rows, codeBytes], scales [rows, blocks], zero points [rows, zeroPointBytes] or empty. */
export interface BlockRows {
  codes: Uint8Array;
  scales: Float32Array;
  zeroPoints: Uint8Array;
}

/** Room for `rows` rows of `columns` weights. */
export function allocateRows(format: BlockFormat, rows: number, columns: number): BlockRows {
  const { blocks, codeBytes, zeroPointBytes } = rowLayout(format, columns);
  return {
    codes: new Uint8Array(rows * codeBytes),
    scales: new Float32Array(rows * blocks),
    zeroPoints: new Uint8Array(format.symmetric ? 0 : rows * zeroPointBytes),
  };
}

/** Quantizes finite weights [rows, columns], row-major, into `out`, which is overwritten. */
export function quantizeRows(
  weights: Float32Array,
  columns: number,
  format: BlockFormat,
  out: BlockRows,
): void {
  const { bits, blockSize, symmetric } = format;
  const { blocks, codeBytes, zeroPointBytes } = rowLayout(format, columns);
  const blockBytes = codeBytes / blocks;
  const rangeOf = symmetric ? symmetricRange : asymmetricRange;
  const pack = bits === 4 ? packNibbles : packBytes;
  out.zeroPoints.fill(0);
  for (let row = 0; row * columns < weights.length; row++)
    for (let block = 0; block < blocks; block++) {
      const start = row * columns + block * blockSize;
      const end = Math.min(start + blockSize, (row + 1) * columns);
      const [scale, zeroPoint] = rangeOf(weights, start, end, bits);
      out.scales[row * blocks + block] = scale;
      if (!symmetric) putCode(out.zeroPoints, row * zeroPointBytes, block, zeroPoint, bits);
      const target = row * codeBytes + block * blockBytes;
      pack(weights, start, end, scale, zeroPoint, out.codes, target, blockBytes);
    }
}

type Range = [scale: number, zeroPoint: number];

function symmetricRange(weights: Float32Array, start: number, end: number, bits: number): Range {
  let extreme = 0;
  for (let index = start; index < end; index++)
    if (Math.abs(weights[index]!) > Math.abs(extreme)) extreme = weights[index]!;
  const middle = 2 ** (bits - 1);
  return [extreme === 0 ? 0 : Math.fround(-extreme / middle), middle];
}

function asymmetricRange(weights: Float32Array, start: number, end: number, bits: number): Range {
  let low = 0;
  let high = 0;
  for (let index = start; index < end; index++) {
    const weight = weights[index]!;
    if (weight < low) low = weight;
    if (weight > high) high = weight;
  }
  const largest = 2 ** bits - 1;
  const scale = Math.fround((high - low) / largest);
  return [scale, scale === 0 ? 0 : Math.min(largest, Math.floor(-low / scale + 0.5))];
}

/** Clamps a code that may lie just outside its range; truncation is ⌊ ⌋ here, as what is negative becomes 0. */
const clamp = (value: number, largest: number): number =>
  value >= largest ? largest : value > 0 ? Math.trunc(value) : 0;

function packBytes(
  weights: Float32Array,
  start: number,
  end: number,
  scale: number,
  zeroPoint: number,
  codes: Uint8Array,
  target: number,
  blockBytes: number,
): void {
  const factor = scale === 0 ? 0 : 1 / scale;
  const offset = zeroPoint + 0.5;
  for (let index = start; index < end; index++)
    codes[target + index - start] = clamp(weights[index]! * factor + offset, 255);
  codes.fill(zeroPoint, target + end - start, target + blockBytes);
}

/** Two codes a byte, the first in the lower half. */
function packNibbles(
  weights: Float32Array,
  start: number,
  end: number,
  scale: number,
  zeroPoint: number,
  codes: Uint8Array,
  target: number,
  blockBytes: number,
): void {
  const factor = scale === 0 ? 0 : 1 / scale;
  const offset = zeroPoint + 0.5;
  for (let byte = 0; byte < blockBytes; byte++) {
    const index = start + 2 * byte;
    const low = index < end ? clamp(weights[index]! * factor + offset, 15) : zeroPoint;
    const high = index + 1 < end ? clamp(weights[index + 1]! * factor + offset, 15) : zeroPoint;
    codes[target + byte] = low | (high << 4);
  }
}

function putCode(bytes: Uint8Array, start: number, index: number, code: number, bits: number): void {
  if (bits === 8) bytes[start + index] = code;
  else bytes[start + (index >> 1)]! |= code << (4 * (index & 1));
}
