/**
 * How a matrix or vector lies in a file, and what the graph writer asks of a place that holds them: the checkpoint
 * itself (weights.ts) or a quantized copy of it (quantize/).
 */
import type { DataType } from './onnx/schema.ts';

/**
 * Blocks of `blockSize` weights along a row share one float32 scale and a zero point:
 * weight = (code − zero point) · scale, as in ONNX Runtime's MatMulNBits.
 */
export interface BlockFormat {
  bits: 4 | 8;
  /** A power of two from 16 on. */
  blockSize: number;
  /** The zero point is 2^(bits − 1) everywhere and is not stored. */
  symmetric: boolean;
}

/** Bytes of a file in `GraphWeights.folder`. */
export interface FileRange {
  file: string;
  offset: number;
  byteLength: number;
}

export interface PlainTensor extends FileRange {
  kind: 'plain';
  type: DataType;
}

/** Shapes, for a matrix [rows, columns] of B = ceil(columns / blockSize) blocks a row. */
export interface BlockTensor {
  kind: 'blocks';
  format: BlockFormat;
  /** 0: float32 activations. 4: activations are quantized to int8, block by block, for integer products. */
  accuracyLevel: 0 | 4;
  /** uint8 [rows, B, blockSize · bits / 8] */
  codes: FileRange;
  /** float32 [rows, B] */
  scales: FileRange;
  /** uint8 [rows, ceil(B · bits / 8)], absent if symmetric */
  zeroPoints?: FileRange;
}

export type StoredTensor = PlainTensor | BlockTensor;

export interface GraphWeights {
  /** ONNX Runtime opens the files itself, relative to this directory. */
  readonly folder: string;
  /** Whether some matrices are `BlockTensor`s. */
  readonly quantized: boolean;
  /** @throws VerityError badModel if the tensor is missing or has another shape or an unsupported type. */
  locate(name: string, shape: number[]): StoredTensor;
}

/** Sizes of a row of `columns` weights in a block format: blocks, and bytes of codes and of zero points. */
export function rowLayout({ bits, blockSize }: Pick<BlockFormat, 'bits' | 'blockSize'>, columns: number) {
  const blocks = Math.ceil(columns / blockSize);
  return {
    blocks,
    codeBytes: (blocks * blockSize * bits) / 8,
    zeroPointBytes: Math.ceil((blocks * bits) / 8),
  };
}
