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

const int8: BlockFormat = { bits: 8, blockSize: 32, symmetric: true };
const int4: BlockFormat = { bits: 4, blockSize: 32, symmetric: true };

export const QUANTIZATIONS: Record<Exclude<Dtype, 'fp32'>, Quantization> = {
  int8: { layers: int8, embeddings: int8, accuracyLevel: 4 },
  int4: { layers: int4, embeddings: int8, accuracyLevel: 4 },
};

/** Below this many bytes of weights, float32 is fast enough and costs no quality. */
const SMALL_MODEL_BYTES = 100_000_000;

/** What `auto` means for a checkpoint. */
export const resolveDtype = (choice: DtypeChoice, weightBytes: number): Dtype =>
  choice !== 'auto' ? choice : weightBytes < SMALL_MODEL_BYTES ? 'fp32' : 'int4';
