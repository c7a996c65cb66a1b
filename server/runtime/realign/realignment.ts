/**
 * From hidden states back to input embeddings, for thinking in latent space (LatentMAS, arXiv 2511.20639):
 *
 *   W = (Woutᵀ·Wout + λI)⁻¹ · Woutᵀ·Win      e = h·W, scaled to the mean norm of Win's rows
 *
 * with Win the input embeddings and Wout the output head [vocab, hidden]. W depends on the checkpoint alone: it is
 * solved once and kept (cache.ts). Where the head is tied, W is the identity but for the ridge.
 */
import { type FileHandle, open } from 'node:fs/promises';
import type { Checkpoint } from '../checkpoint.ts';
import { VerityError } from '../errors.ts';
import { rowBlocks } from '../tensor-rows.ts';
import type { FloatTensorLocation } from '../weights.ts';
import { solve } from './cholesky.ts';
import { Products } from './products.ts';

/** λ, as in the paper. */
export const RIDGE = 1e-5;

/** Below this a vector has no direction to scale (the reference's floor). */
const NORM_FLOOR = 1e-6;

export class Realignment {
  /** W [hidden, hidden], row-major. */
  readonly matrix: Float32Array;
  readonly targetNorm: number;

  constructor(matrix: Float32Array, targetNorm: number) {
    this.matrix = matrix;
    this.targetNorm = targetNorm;
  }

  /** The input vector that goes on from a hidden state [hidden]. */
  apply(hidden: Float32Array): Float32Array {
    const width = hidden.length;
    const sums = new Float64Array(width);
    for (let row = 0; row < width; row++) {
      const factor = hidden[row]!;
      for (let column = 0, at = row * width; column < width; column++, at++)
        sums[column]! += factor * this.matrix[at]!;
    }
    const scale = this.targetNorm / Math.max(norm(sums), NORM_FLOOR);
    return Float32Array.from(sums, (value) => value * scale);
  }
}

/** Where a checkpoint holds Wout and Win; the same place if the head is tied. */
export function embeddingTensors({ weights, spec }: Pick<Checkpoint, 'weights' | 'spec'>) {
  const shape = [spec.vocabSize, spec.hiddenSize];
  const input = weights.find('model.embed_tokens.weight', shape);
  return { input, head: spec.tiedHead ? input : weights.find('lm_head.weight', shape) };
}

/**
 * Solves a checkpoint's realignment: reads the embeddings once, and computes for as long as some hidden³ multiply-adds
 * take, giving way to the process's other work in between.
 * @throws VerityError badModel for weights that are no numbers.
 */
export async function solveRealignment(checkpoint: Checkpoint): Promise<Realignment> {
  const { hiddenSize } = checkpoint.spec;
  const { gram, right, meanNorm } = await products(checkpoint);
  for (let i = 0; i < hiddenSize; i++) gram[i * hiddenSize + i]! += RIDGE;
  const matrix = Float32Array.from(await solve(gram, right, hiddenSize));
  if (matrix.some((value) => !Number.isFinite(value)))
    throw new VerityError(
      'badModel',
      `The realignment of ${checkpoint.directory} has no finite solution; use a text team.`,
    );
  return new Realignment(matrix, meanNorm);
}

/** Woutᵀ·Wout, Woutᵀ·Win and the mean norm of Win's rows. */
async function products(checkpoint: Checkpoint) {
  const { vocabSize, hiddenSize } = checkpoint.spec;
  const { input, head } = embeddingTensors(checkpoint);
  const product = await Products.create(hiddenSize);
  const files: FileHandle[] = [];
  const read = async (tensor: FloatTensorLocation) => {
    const file = await open(tensor.file, 'r');
    files.push(file);
    return rowBlocks(file, tensor, { rows: vocabSize, columns: hiddenSize });
  };
  let gram: Float64Array = new Float64Array(hiddenSize ** 2);
  let right = gram;
  let norms = 0;
  try {
    const inputs = await read(input);
    const heads = head === input ? undefined : await read(head);
    if (heads !== undefined) right = new Float64Array(hiddenSize ** 2);
    for await (const { weights: rows } of inputs) {
      norms += sumOfNorms(rows, hiddenSize);
      if (heads === undefined) {
        gram = await product.add(rows, rows, gram);
        continue;
      }
      // Both matrices have the same shape, so their blocks have too.
      const { weights: headRows } = (await heads.next()).value as { weights: Float32Array };
      gram = await product.add(headRows, headRows, gram);
      right = await product.add(headRows, rows, right);
    }
    return { gram, right: heads === undefined ? gram.slice() : right, meanNorm: norms / vocabSize };
  } finally {
    for (const file of files) await file.close();
    await product.dispose();
  }
}

function sumOfNorms(rows: Float32Array, width: number): number {
  let sum = 0;
  for (let start = 0; start < rows.length; start += width) sum += norm(rows.subarray(start, start + width));
  return sum;
}

/** The Euclidean norm. */
export function norm(values: Float32Array | Float64Array): number {
  let squares = 0;
  for (const value of values) squares += value * value;
  return Math.sqrt(squares);
}
