/** The dtypes a user chooses from, and what each means for the weights. */
import type { BlockFormat } from '../stored.ts';

/** `auto` is decided by `resolveDtype`. */
export const DTYPE_CHOICES = ['auto', 'fp32', 'int8', 'int4'] as const;
export type DtypeChoice = (typeof DTYPE_CHOICES)[number];
export type Dtype = Exclude<DtypeChoice, 'auto'>;

export interface Quantization {
  /** The layers' matrices. */
  layers: BlockFormat;
  /** Embedding and head, which are one matrix if tied. `float32` leaves them unquantized. */
  embeddings: BlockFormat | 'float32';
  /** See `BlockTensor.accuracyLevel`; it changes the computation, not what is stored. */
  accuracyLevel: 0 | 4;
}

const int8: BlockFormat = { bits: 8, blockSize: 128, symmetric: true };
const int4: BlockFormat = { bits: 4, blockSize: 32, symmetric: true };

/**
 * Chosen by measurement (bench/quantization-quality.mjs, nano-judge on 2,048 tokens of held-out code; perplexity 25.32
 * in float32; in brackets the mean Kullback–Leibler divergence from it):
 *
 *   8 bits, blocks of 32: 25.34 (0.0004); of 128: 25.32 (0.0006), with less memory and time
 *   4 bits, blocks of 32: 25.54 (0.027); of 128: 26.08 (0.043); asymmetric: 25.45 (0.027), 26.41 (0.038), and prefill
 *   takes up to twice as long; embedding and head in 8 bits cost nothing (0.027 in float32), in 4 bits much (0.039)
 *
 * Best decoding step of a Qwen2.5-0.5B shape behind 512 positions (bench/quantization.mjs, 2 cores that others used,
 * too): float32 71 ms; 8 bits, blocks of 128, 19; 4 bits, blocks of 32, 21, of 128, 16. So int4 saves memory first.
 *
 * Accuracy level 4 against 0: 0.0271 against 0.0270 in 4 bits, where a product with one row takes a third of the time;
 * in 8 bits 0.0004 against 0.0001, but ONNX Runtime 1.30 has no kernel for level 0 and takes 140 times as long.
 */
export const QUANTIZATIONS: Record<Exclude<Dtype, 'fp32'>, Quantization> = {
  int8: { layers: int8, embeddings: int8, accuracyLevel: 4 },
  int4: { layers: int4, embeddings: int8, accuracyLevel: 4 },
};

/** Below this many bytes of weights, float32 is fast enough and costs no quality. */
const SMALL_MODEL_BYTES = 100_000_000;

/** Up to here (some 1 billion parameters of 16 bits), int8 fits any machine, is as fast as int4 and nearer to float32. */
const MEDIUM_MODEL_BYTES = 2_500_000_000;

/** What `auto` means for a checkpoint whose files hold so many bytes of weights. */
export function resolveDtype(choice: DtypeChoice, weightBytes: number): Dtype {
  if (choice !== 'auto') return choice;
  if (weightBytes < SMALL_MODEL_BYTES) return 'fp32';
  return weightBytes < MEDIUM_MODEL_BYTES ? 'int8' : 'int4';
}
