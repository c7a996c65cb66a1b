/**
 * Attention that writes new keys and values into the cache by itself: for devices whose tensors stay on them.
 *
 *   total [] int32 = T   last_slot [1] int32 = T − 1   past_key.i, past_value.i [1,kvHeads,C,headDim], C ≥ T
 *   → present_key.i, present_value.i: bound to the same memory as past
 *
 * RoPE is applied before GroupQueryAttention, not inside it: with do_rotary the operator derives positions itself
 * and ignores position_ids, which is wrong for trees. It applies a causal mask over flat slots as well.
 */
import { DataType } from '../onnx/schema.ts';
import type { Attention } from './attention.ts';

export const layerInputs = (layer: number) => [`past_key.${layer}`, `past_value.${layer}`] as const;
export const layerOutputs = (layer: number) => [`present_key.${layer}`, `present_value.${layer}`] as const;

export const inPlaceAttention: Attention = {
  declareInputs(graph, spec) {
    graph.input('attention_bias', DataType.float, [1, 1, 'S', 'T']);
    graph.input('total', DataType.int32, []);
    graph.input('last_slot', DataType.int32, [1]);
    for (let layer = 0; layer < spec.layers; layer++)
      for (const name of layerInputs(layer))
        graph.input(name, DataType.float, [1, spec.kvHeads, 'C', spec.headDim]);
  },

  declareOutputs(graph, spec) {
    for (let layer = 0; layer < spec.layers; layer++)
      for (const name of layerOutputs(layer))
        graph.output(name, DataType.float, [1, spec.kvHeads, 'C', spec.headDim]);
  },

  attend(graph, { heads, kvHeads, headDim }, layer, { q, k, v }) {
    const inputs = [q, k, v, ...layerInputs(layer), 'last_slot', 'total', '', '', '', 'attention_bias'];
    const attended = graph.node(`gqa.${layer}`, 'GroupQueryAttention', inputs, {
      domain: 'com.microsoft',
      attributes: { num_heads: heads, kv_num_heads: kvHeads, do_rotary: 0 },
      outputs: [`attended.${layer}`, ...layerOutputs(layer)],
    });
    return graph.reshape(`attended_rows.${layer}`, attended, [-1, heads * headDim]);
  },
};
