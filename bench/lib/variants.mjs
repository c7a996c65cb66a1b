/**
 * Names of quantizations that are compared: `int8` and `int4` as Verity uses them, or spelled out, for example
 * `w4b128a-e8-l4`: layers 4 bits, blocks of 128, asymmetric; embedding and head 8 bits (or 4, or f for float32);
 * accuracy level 4.
 */
import { runtime } from './runtime.mjs';

const { QUANTIZATIONS } = await runtime();

export function variantOf(name) {
  if (name in QUANTIZATIONS) return QUANTIZATIONS[name];
  const match = /^w([48])b(\d+)([as])-e([48f])-l([04])$/.exec(name);
  if (match === null) throw new Error(`${name} is no variant, like w4b32s-e8-l4.`);
  const [, bits, blockSize, kind, embedding, level] = match;
  const layers = { bits: Number(bits), blockSize: Number(blockSize), symmetric: kind === 's' };
  return {
    layers,
    embeddings: embedding === 'f' ? 'float32' : { ...layers, bits: Number(embedding) },
    accuracyLevel: Number(level),
  };
}
