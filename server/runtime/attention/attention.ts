/** How a decoder's graph attends to cached and new positions: it depends on where keys and values can lie. */
import type { DecoderSpec } from '../architectures.ts';
import type { GraphBuilder, Value } from '../onnx/builder.ts';

/** One layer's queries, keys and values: [1,S,heads·headDim] and twice [1,S,kvHeads·headDim], rotated where it applies. */
export interface Projections {
  q: Value;
  k: Value;
  v: Value;
}

/**
 * S new positions see P cached slots and each other as `attention_bias` [1,S,T] says: 0 where a new position sees a
 * slot, −∞ where not. T = P + S; the new positions come last.
 */
export interface Attention {
  declareInputs(graph: GraphBuilder, spec: DecoderSpec): void;
  declareOutputs(graph: GraphBuilder, spec: DecoderSpec): void;
  /** softmax(q·kᵀ / √headDim + bias)·v → [S,heads·headDim]. */
  attend(graph: GraphBuilder, spec: DecoderSpec, layer: number, projections: Projections): Value;
}
