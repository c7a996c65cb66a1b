/** A decoder small enough to try on any device, with random weights: what a probe runs. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DecoderSpec } from '../architectures.ts';
import { perHeadAttention } from '../attention/per-head.ts';
import { decoderGraph } from '../graph.ts';
import { DataType } from '../onnx/schema.ts';
import type { GraphWeights, PlainTensor } from '../stored.ts';

/** 2.2 million parameters, 9 MB. */
export const TINY: DecoderSpec = {
  architecture: 'LlamaForCausalLM',
  hiddenSize: 256,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 64,
  ffnSize: 1024,
  vocabSize: 1024,
  normEpsilon: 1e-6,
  qkvBias: false,
  qkNorm: false,
  tiedHead: true,
  headBias: false,
  rope: { rope_type: 'default', rope_theta: 10_000, max_position_embeddings: 256 },
  contextLength: 256,
};

const FILE = 'weights.bin';
const FLOAT_BYTES = 4;

/** Lays out the tensors in the order in which the graph asks for them. */
class TinyWeights implements GraphWeights {
  readonly folder: string;
  readonly quantized = false;
  readonly tensors = new Map<string, PlainTensor>();
  byteLength = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  locate(name: string, shape: number[]): PlainTensor {
    const known = this.tensors.get(name);
    if (known !== undefined) return known;
    const byteLength = FLOAT_BYTES * shape.reduce((product, size) => product * size, 1);
    const tensor: PlainTensor = {
      kind: 'plain',
      type: DataType.float,
      file: FILE,
      offset: this.byteLength,
      byteLength,
    };
    this.byteLength += byteLength;
    this.tensors.set(name, tensor);
    return tensor;
  }
}

/** Writes the weights, the same ones each time, to a folder. */
export async function writeTinyModel(folder: string): Promise<GraphWeights> {
  const weights = new TinyWeights(folder);
  // Writing the graph once tells which tensors there are.
  decoderGraph(TINY, weights, perHeadAttention);
  const values = new Float32Array(weights.byteLength / FLOAT_BYTES);
  let state = 1;
  for (const [name, { offset, byteLength }] of weights.tensors) {
    const mean = name.endsWith('norm.weight') ? 1 : 0;
    const from = offset / FLOAT_BYTES;
    for (let i = from; i < from + byteLength / FLOAT_BYTES; i++) {
      // The linear congruential generator of Numerical Recipes.
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      values[i] = mean + (state / 2 ** 32 - 0.5) * 0.2;
    }
  }
  await writeFile(join(folder, FILE), new Uint8Array(values.buffer));
  return weights;
}
