/** Little-endian F32, F16 and BF16 as they lie in a safetensors file, read as float32. All conversions are exact. */
import type { FloatDtype } from '../weights.ts';

export const FLOAT_BYTES: Record<FloatDtype, number> = { F32: 4, F16: 2, BF16: 2 };

/** Reads all of `bytes`, whose offset in its buffer is a multiple of 4, into the start of `out`. */
export function toFloat32(dtype: FloatDtype, bytes: Uint8Array, out: Float32Array): void {
  const count = bytes.byteLength / FLOAT_BYTES[dtype];
  if (dtype === 'F32') {
    out.set(new Float32Array(bytes.buffer, bytes.byteOffset, count));
    return;
  }
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, count);
  if (dtype === 'F16') for (let index = 0; index < count; index++) out[index] = HALF[halves[index]!]!;
  else {
    // BF16 is the upper half of a float32.
    const words = new Uint32Array(out.buffer, out.byteOffset, count);
    for (let index = 0; index < count; index++) words[index] = halves[index]! << 16;
  }
}

/** The value of every F16 bit pattern. */
const HALF = Float32Array.from({ length: 65_536 }, (_, bits) => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
});
