/**
 * Rotary position embeddings: the inverse frequencies of each scaling that checkpoints use, and their cos/sin tables.
 * The formulas are those of the methods' papers as Hugging Face transformers computes them, so that logits agree.
 */
import { z } from 'zod';

const theta = z.number().positive();
const factor = z.number().positive();
const length = z.number().int().positive();
const common = { rope_theta: theta, max_position_embeddings: length };

export const RopeParameters = z.discriminatedUnion('rope_type', [
  z.object({ rope_type: z.literal('default'), ...common }),
  z.object({ rope_type: z.literal('linear'), ...common, factor }),
  z.object({
    rope_type: z.literal('llama3'),
    ...common,
    factor,
    low_freq_factor: factor,
    high_freq_factor: factor,
    original_max_position_embeddings: length,
  }),
  z.object({
    rope_type: z.literal('yarn'),
    ...common,
    factor,
    beta_fast: factor.default(32),
    beta_slow: factor.default(1),
    attention_factor: factor.optional(),
    mscale: factor.optional(),
    mscale_all_dim: factor.optional(),
    truncate: z.boolean().default(true),
    original_max_position_embeddings: length.optional(),
  }),
]);
export type RopeParameters = z.infer<typeof RopeParameters>;
type Scaled<Type extends RopeParameters['rope_type']> = Extract<RopeParameters, { rope_type: Type }>;

/** [headDim / 2] inverse frequencies, and the factor on cos and sin (1 but for yarn). */
export function inverseFrequencies(
  rope: RopeParameters,
  headDim: number,
): { inverse: number[]; scale: number } {
  const plain = Array.from({ length: headDim / 2 }, (_, i) => rope.rope_theta ** ((-2 * i) / headDim));
  switch (rope.rope_type) {
    case 'default':
      return { inverse: plain, scale: 1 };
    case 'linear':
      return { inverse: plain.map((frequency) => frequency / rope.factor), scale: 1 };
    case 'llama3':
      return { inverse: plain.map((frequency) => llama3(frequency, rope)), scale: 1 };
    case 'yarn':
      return { inverse: yarn(plain, rope, headDim), scale: yarnScale(rope) };
  }
}

/** Llama 3.1: long waves are stretched, short ones kept, those between interpolated. */
function llama3(frequency: number, rope: Scaled<'llama3'>): number {
  const wavelength = (2 * Math.PI) / frequency;
  const original = rope.original_max_position_embeddings;
  if (wavelength < original / rope.high_freq_factor) return frequency;
  if (wavelength > original / rope.low_freq_factor) return frequency / rope.factor;
  const smooth =
    (original / wavelength - rope.low_freq_factor) / (rope.high_freq_factor - rope.low_freq_factor);
  return (1 - smooth) * (frequency / rope.factor) + smooth * frequency;
}

/** YaRN (arXiv 2309.00071), section 3.2: NTK-by-parts interpolation with a linear ramp between two dimensions. */
function yarn(plain: number[], rope: Scaled<'yarn'>, headDim: number): number[] {
  const original = rope.original_max_position_embeddings ?? rope.max_position_embeddings;
  const dimensionOf = (rotations: number) =>
    (headDim * Math.log(original / (rotations * 2 * Math.PI))) / (2 * Math.log(rope.rope_theta));
  const round = rope.truncate ? [Math.floor, Math.ceil] : [(x: number) => x, (x: number) => x];
  const low = Math.max(round[0]!(dimensionOf(rope.beta_fast)), 0);
  let high = Math.min(round[1]!(dimensionOf(rope.beta_slow)), headDim - 1);
  if (low === high) high += 0.001;
  return plain.map((frequency, i) => {
    const interpolated = Math.min(Math.max((i - low) / (high - low), 0), 1);
    return (frequency / rope.factor) * interpolated + frequency * (1 - interpolated);
  });
}

/** The attention temperature of YaRN, put on cos and sin. */
function yarnScale(rope: Scaled<'yarn'>): number {
  if (rope.attention_factor !== undefined) return rope.attention_factor;
  const scale = (mscale: number) => (rope.factor <= 1 ? 1 : 0.1 * mscale * Math.log(rope.factor) + 1);
  return rope.mscale !== undefined && rope.mscale_all_dim !== undefined
    ? scale(rope.mscale) / scale(rope.mscale_all_dim)
    : scale(1);
}

/** cos and sin of every position and frequency, each [positions, headDim / 2], row-major. */
export function rotaryTables(
  rope: RopeParameters,
  headDim: number,
  positions: number,
): { cos: Float32Array; sin: Float32Array } {
  const { inverse, scale } = inverseFrequencies(rope, headDim);
  const cos = new Float32Array(positions * inverse.length);
  const sin = new Float32Array(cos.length);
  for (let position = 0, index = 0; position < positions; position++)
    for (const frequency of inverse) {
      // The reference multiplies in float32; doing the same keeps far positions equal.
      const angle = Math.fround(position * Math.fround(frequency));
      cos[index] = Math.cos(angle) * scale;
      sin[index++] = Math.sin(angle) * scale;
    }
  return { cos, sin };
}
