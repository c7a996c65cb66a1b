/**
 * Attention that only reads the cache, for the CPU, where onnxruntime-node copies every output of a session: with the
 * whole cache among the outputs, each step copied all of it (25 MB a step for 4,096 positions of the embedded model).
 * Here the outputs are the new positions' keys and values alone, and the caller puts them into the cache.
 *
 *   attention_bias [1,S,T]   score_shape [3] int64 = heads, S, T   parts [2] int64 = P, S
 *   past_key.i.h, past_value.i.h [P,headDim] for layer i, head h of the kvHeads
 *   → new_key.i, new_value.i [kvHeads,S,headDim]
 *
 * Each key head is a matrix of its own, so that the first P of its slots are a view. The heads/kvHeads query heads
 * that share it are one matrix product, so the keys are read once for all of them.
 */
import type { DecoderSpec } from '../architectures.ts';
import type { GraphBuilder, Value } from '../onnx/builder.ts';
import { DataType } from '../onnx/schema.ts';
import type { Attention } from './attention.ts';

export type Which = 'key' | 'value';
export const pastInput = (which: Which, layer: number, head: number) => `past_${which}.${layer}.${head}`;
export const newOutput = (which: Which, layer: number) => `new_${which}.${layer}`;
const BOTH = ['key', 'value'] as const;

export const perHeadAttention: Attention = {
  declareInputs(graph, spec) {
    graph.input('attention_bias', DataType.float, [1, 'S', 'T']);
    graph.input('score_shape', DataType.int64, [3]);
    graph.input('parts', DataType.int64, [2]);
    for (let layer = 0; layer < spec.layers; layer++)
      for (let head = 0; head < spec.kvHeads; head++)
        for (const which of BOTH)
          graph.input(pastInput(which, layer, head), DataType.float, ['P', spec.headDim]);
  },

  declareOutputs(graph, spec) {
    for (let layer = 0; layer < spec.layers; layer++)
      for (const which of BOTH)
        graph.output(newOutput(which, layer), DataType.float, [spec.kvHeads, 'S', spec.headDim]);
  },

  attend(graph, spec, layer, { q, k, v }) {
    const writer = new LayerWriter(graph, spec, layer);
    return writer.write(
      writer.byHead('query', q, spec.heads, `query.${layer}`),
      writer.byHead('key', k, spec.kvHeads, newOutput('key', layer)),
      writer.byHead('value', v, spec.kvHeads, newOutput('value', layer)),
    );
  },
};

class LayerWriter {
  private readonly graph: GraphBuilder;
  private readonly spec: DecoderSpec;
  private readonly layer: number;

  constructor(graph: GraphBuilder, spec: DecoderSpec, layer: number) {
    this.graph = graph;
    this.spec = spec;
    this.layer = layer;
  }

  /** [1,S,heads·headDim] → [heads,S,headDim]. */
  byHead(what: string, x: Value, heads: number, name: string): Value {
    const split = this.graph.reshape(`${what}_heads.${this.layer}`, x, [-1, heads, this.spec.headDim]);
    return this.graph.node(name, 'Transpose', [split], { attributes: { perm: [1, 0, 2] } });
  }

  /** All from q [heads,S,headDim] and new k, v [kvHeads,S,headDim]; g = heads/kvHeads query heads share a key head. */
  write(q: Value, k: Value, v: Value): Value {
    const { heads, headDim } = this.spec;
    const [qs, ks, vs] = [this.rows('q', q), this.rows('k', k), this.rows('v', v)];
    const scores = qs.map((query, head) => this.scores(head, query, ks[head]!));
    const [past, fresh] = this.weigh(this.stack('scores', scores));
    const attended = vs.map((value, head) => this.mix(head, past[head]!, fresh[head]!, value));
    const byHead = this.graph.reshape(this.name('by_head'), this.stack('attended', attended), [
      heads,
      -1,
      headDim,
    ]);
    const byRow = this.op('by_row', 'Transpose', [byHead], { perm: [1, 0, 2] });
    return this.graph.reshape(this.name('rows'), byRow, [-1, heads * headDim]);
  }

  /** [g·S,headDim]·keysᵀ / √headDim → [g·S,T], the past slots first. */
  private scores(head: number, query: Value, key: Value): Value {
    const attributes = { transB: 1, alpha: 1 / Math.sqrt(this.spec.headDim) };
    const past = pastInput('key', this.layer, head);
    const parts = [
      this.op(`past_scores.${head}`, 'Gemm', [query, past], attributes),
      this.op(`new_scores.${head}`, 'Gemm', [query, key], attributes),
    ];
    return this.op(`scores.${head}`, 'Concat', parts, { axis: 1 });
  }

  /** Scores [heads·S,T] → the weights of past and of new positions, each per key head. */
  private weigh(scores: Value): [past: Value[], fresh: Value[]] {
    const shaped = this.op('shaped', 'Reshape', [scores, 'score_shape']);
    const biased = this.op('biased', 'Add', [shaped, 'attention_bias']);
    const weights = this.op('weights', 'Softmax', [biased], { axis: -1 });
    const flat = this.op('flat', 'Flatten', [weights], { axis: 2 });
    const outputs = ['past', 'new'].map((part) => this.name(`${part}_weights`));
    this.graph.node(this.name('split'), 'Split', [flat, 'parts'], { attributes: { axis: 1 }, outputs });
    return [this.perHead(outputs[0]!), this.perHead(outputs[1]!)];
  }

  /** weights·values over past and new positions → [g·S,headDim]. */
  private mix(head: number, past: Value, fresh: Value, value: Value): Value {
    const fromPast = this.op(`from_past.${head}`, 'Gemm', [past, pastInput('value', this.layer, head)]);
    return this.op(`from_all.${head}`, 'Gemm', [fresh, value, fromPast]);
  }

  /** [n·kvHeads,S,headDim] → for each key head the rows that belong to it, [n·S,headDim]. */
  private rows(what: string, byHead: Value): Value[] {
    return this.perHead(this.graph.reshape(this.name(`${what}_rows`), byHead, [-1, this.spec.headDim]));
  }

  /** Equal parts of the rows, one for each key head. */
  private perHead(rows: Value): Value[] {
    if (this.spec.kvHeads === 1) return [rows];
    const outputs = Array.from({ length: this.spec.kvHeads }, (_, head) => `${rows}.${head}`);
    this.graph.node(`${rows}.split`, 'Split', [rows], { attributes: { axis: 0 }, outputs });
    return outputs;
  }

  private stack(what: string, parts: Value[]): Value {
    return parts.length === 1 ? parts[0]! : this.op(`all_${what}`, 'Concat', parts, { axis: 0 });
  }

  private op(
    what: string,
    type: string,
    inputs: Value[],
    attributes: Record<string, number | number[]> = {},
  ) {
    return this.graph.node(this.name(what), type, inputs, { attributes });
  }

  private name(what: string): Value {
    return `attention.${this.layer}.${what}`;
  }
}
