/** Where each tensor of a decoder lies in the one file of its quantized copy; decoder and options decide it alone. */
import { perHeadAttention } from '../attention/per-head.ts';
import type { DecoderSpec } from '../architectures.ts';
import { decoderGraph } from '../graph.ts';
import { DataType } from '../onnx/schema.ts';
import { type BlockFormat, type GraphWeights, rowLayout } from '../stored.ts';
import type { Quantization } from './options.ts';

export type PartName = 'values' | 'codes' | 'scales' | 'zeroPoints';

export interface Part {
  name: PartName;
  offset: number;
  byteLength: number;
}

export interface LaidTensor {
  name: string;
  shape: number[];
  rows: number;
  columns: number;
  /** float32 tensors have the part `values`, quantized ones `codes`, `scales` and, if asymmetric, `zeroPoints`. */
  format: BlockFormat | 'float32';
  parts: Part[];
}

export interface Layout {
  tensors: LaidTensor[];
  byteLength: number;
}

/** Cache lines: no part shares one with another. */
const ALIGNMENT = 64;

/** Lays out the tensors that the decoder's graph reads, in the graph's order. */
export function layoutOf(spec: DecoderSpec, quantization: Quantization): Layout {
  let position = 0;
  const place = (name: PartName, byteLength: number): Part => {
    const offset = Math.ceil(position / ALIGNMENT) * ALIGNMENT;
    position = offset + byteLength;
    return { name, offset, byteLength };
  };
  const tensors = graphTensors(spec).map(({ name, shape }): LaidTensor => {
    const format = formatOf(name, shape, quantization);
    const [rows = 1, columns = 1] = shape;
    const sizes = partSizes(format, rows, columns);
    return { name, shape, rows, columns, format, parts: sizes.map(([part, bytes]) => place(part, bytes)) };
  });
  return { tensors, byteLength: position };
}

/** Found by writing the graph for a place that has every tensor, so that no second list of names exists. */
function graphTensors(spec: DecoderSpec): { name: string; shape: number[] }[] {
  const found = new Map<string, number[]>();
  const everything: GraphWeights = {
    folder: '',
    quantized: false,
    locate(name, shape) {
      found.set(name, shape);
      return { kind: 'plain', type: DataType.float, file: '', offset: 0, byteLength: 0 };
    },
  };
  decoderGraph({ ...spec, contextLength: 1 }, everything, perHeadAttention);
  return [...found].map(([name, shape]) => ({ name, shape }));
}

const EMBEDDINGS = new Set(['model.embed_tokens.weight', 'lm_head.weight']);

function formatOf(name: string, shape: number[], quantization: Quantization): BlockFormat | 'float32' {
  if (shape.length === 1) return 'float32';
  return EMBEDDINGS.has(name) ? quantization.embeddings : quantization.layers;
}

function partSizes(format: BlockFormat | 'float32', rows: number, columns: number): [PartName, number][] {
  if (format === 'float32') return [['values', 4 * rows * columns]];
  const { blocks, codeBytes, zeroPointBytes } = rowLayout(format, columns);
  const sizes: [PartName, number][] = [
    ['codes', rows * codeBytes],
    ['scales', 4 * rows * blocks],
  ];
  return format.symmetric ? sizes : [...sizes, ['zeroPoints', rows * zeroPointBytes]];
}
