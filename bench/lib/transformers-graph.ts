/**
 * The decoder in the layout that transformers.js expects and published exports have (model.onnx with its cache in and
 * out): GroupQueryAttention with RoPE inside, lengths from the attention mask, logits of the last positions alone.
 *
 *   input_ids, position_ids [B,S] int64   attention_mask [B,T] int64   num_logits_to_keep [] int64, 0 keeps all
 *   past_key_values.i.key, .value [B,kvHeads,P,headDim]
 *   → logits [B,K,V]   present.i.key, present.i.value [B,kvHeads,T,headDim]
 *
 * Weights and operators are those of Verity's own graph, so what differs in time is the layout and what runs it.
 */
import type { DecoderSpec } from '../../server/runtime/architectures.ts';
import { GraphBuilder, type Value } from '../../server/runtime/onnx/builder.ts';
import { DataType } from '../../server/runtime/onnx/schema.ts';
import { rotaryTables } from '../../server/runtime/rope.ts';
import { type BlockTensor, type GraphWeights, rowLayout } from '../../server/runtime/stored.ts';

const MICROSOFT = 'com.microsoft';
const EMBEDDING = 'model.embed_tokens.weight';

export function transformersGraph(spec: DecoderSpec, weights: GraphWeights): Uint8Array {
  return new TransformersWriter(spec, weights).write();
}

class TransformersWriter {
  private readonly graph = new GraphBuilder();
  private readonly spec: DecoderSpec;
  private readonly weights: GraphWeights;
  private readonly declared = new Set<Value>();

  constructor(spec: DecoderSpec, weights: GraphWeights) {
    this.spec = spec;
    this.weights = weights;
  }

  write(): Uint8Array {
    const { graph, spec } = this;
    this.declareInputs();
    this.sizes();
    let residual = graph.reshape('embedded', this.embed(), [-1, spec.hiddenSize]);
    let normed = this.norm('model.layers.0.input_layernorm', residual, spec.hiddenSize);
    for (let layer = 0; layer < spec.layers; layer++) {
      const name = `model.layers.${layer}`;
      const attended = this.attention(`${name}.self_attn`, layer, normed);
      [normed, residual] = this.addNorm(`${name}.post_attention_layernorm`, attended, residual);
      const next = layer + 1 < spec.layers ? `model.layers.${layer + 1}.input_layernorm` : 'model.norm';
      [normed, residual] = this.addNorm(next, this.mlp(`${name}.mlp`, normed), residual);
    }
    this.head(normed);
    this.declareOutputs();
    return graph.build(spec.architecture);
  }

  private declareInputs(): void {
    const { graph, spec } = this;
    graph.input('input_ids', DataType.int64, ['batch_size', 'sequence_length']);
    graph.input('attention_mask', DataType.int64, ['batch_size', 'total_sequence_length']);
    graph.input('position_ids', DataType.int64, ['batch_size', 'sequence_length']);
    graph.input('num_logits_to_keep', DataType.int64, []);
    for (let layer = 0; layer < spec.layers; layer++)
      for (const which of ['key', 'value'])
        graph.input(
          `past_key_values.${layer}.${which}`,
          DataType.float,
          this.cacheShape('past_sequence_length'),
        );
  }

  private declareOutputs(): void {
    const { graph, spec } = this;
    graph.output('logits', DataType.float, ['batch_size', 'kept', spec.vocabSize]);
    for (let layer = 0; layer < spec.layers; layer++)
      for (const which of ['key', 'value'])
        graph.output(`present.${layer}.${which}`, DataType.float, this.cacheShape('total_sequence_length'));
  }

  private cacheShape(length: string) {
    return ['batch_size', this.spec.kvHeads, length, this.spec.headDim];
  }

  /** Batch and lengths, and the tables of RoPE. */
  private sizes(): void {
    const { graph, spec } = this;
    const int64 = (name: string, values: number[], dims = [values.length]) =>
      graph.constant(name, BigInt64Array.from(values, BigInt), dims);
    const toInt32 = { attributes: { to: DataType.int32 } };
    int64('zero', [0]);
    int64('one', [1]);
    int64('minus_one', [-1]);
    int64('one_scalar', [1], []);
    graph.node('batch_rows', 'Shape', ['input_ids']);
    graph.node('batch', 'Gather', ['batch_rows', 'zero'], { attributes: { axis: 0 } });
    graph.node('lengths', 'ReduceSum', ['attention_mask', 'one'], { attributes: { keepdims: 1 } });
    graph.node('last', 'Sub', ['lengths', 'one']);
    graph.node('seqlens_k', 'Cast', ['last'], toInt32);
    graph.node('mask_shape', 'Shape', ['attention_mask']);
    graph.node('total64', 'Gather', ['mask_shape', 'one_scalar'], { attributes: { axis: 0 } });
    graph.node('total', 'Cast', ['total64'], toInt32);
    for (const width of new Set([spec.heads * spec.headDim, spec.kvHeads * spec.headDim, spec.hiddenSize]))
      graph.node(`shape3.${width}`, 'Concat', ['batch_rows', int64(`width.${width}`, [width])], {
        attributes: { axis: 0 },
      });
    const { cos, sin } = rotaryTables(spec.rope, spec.headDim, spec.contextLength);
    graph.constant('cos', cos, [spec.contextLength, spec.headDim / 2]);
    graph.constant('sin', sin, [spec.contextLength, spec.headDim / 2]);
  }

  private external(...parameters: Parameters<GraphBuilder['external']>): Value {
    const [name] = parameters;
    if (!this.declared.has(name)) this.graph.external(...parameters);
    this.declared.add(name);
    return name;
  }

  private weight(name: string, shape: number[]): Value {
    const stored = this.weights.locate(name, shape);
    if (stored.kind === 'blocks') throw new Error(`${name} is quantized where a plain tensor is needed.`);
    const value = this.external(name, stored.type, shape, stored.file, stored.offset, stored.byteLength);
    if (stored.type === DataType.float) return value;
    const cast = `${name}.f32`;
    if (!this.declared.has(cast))
      this.graph.node(cast, 'Cast', [value], { attributes: { to: DataType.float } });
    this.declared.add(cast);
    return cast;
  }

  private embed(): Value {
    const { graph, spec } = this;
    const shape = [spec.vocabSize, spec.hiddenSize];
    const stored = this.weights.locate(EMBEDDING, shape);
    if (stored.kind === 'plain')
      return graph.node('gathered', 'Gather', [this.weight(EMBEDDING, shape), 'input_ids'], {
        attributes: { axis: 0 },
      });
    const { bits, blockSize } = stored.format;
    const { blocks, codeBytes } = rowLayout(stored.format, spec.hiddenSize);
    if (blocks * blockSize !== spec.hiddenSize)
      throw new Error('Rows of broken blocks are not written here.');
    const { file, offset, byteLength } = stored.codes;
    const codes = this.external(
      `${EMBEDDING}.rows`,
      DataType.uint8,
      [spec.vocabSize, codeBytes],
      file,
      offset,
      byteLength,
    );
    return graph.node(
      'gathered',
      'GatherBlockQuantized',
      [codes, 'input_ids', this.scales(EMBEDDING, stored, shape[0]!, blocks)],
      { domain: MICROSOFT, attributes: { bits, block_size: blockSize, gather_axis: 0, quantize_axis: 1 } },
    );
  }

  private scales(name: string, { scales, zeroPoints }: BlockTensor, rows: number, blocks: number): Value {
    if (zeroPoints !== undefined) throw new Error('Asymmetric weights are not written here.');
    return this.external(
      `${name}.scales`,
      DataType.float,
      [rows, blocks],
      scales.file,
      scales.offset,
      scales.byteLength,
    );
  }

  private linear(name: string, x: Value, inSize: number, outSize: number, hasBias = false): Value {
    const { graph } = this;
    const key = `${name}.weight`;
    const bias = hasBias ? [this.weight(`${name}.bias`, [outSize])] : [];
    const stored = this.weights.locate(key, [outSize, inSize]);
    if (stored.kind === 'plain')
      return graph.node(`${name}.out`, 'Gemm', [x, this.weight(key, [outSize, inSize]), ...bias], {
        attributes: { transB: 1 },
      });
    const { bits, blockSize } = stored.format;
    const { blocks, codeBytes } = rowLayout(stored.format, inSize);
    const { file, offset, byteLength } = stored.codes;
    const shape = [outSize, blocks, codeBytes / blocks];
    const codes = this.external(key, DataType.uint8, shape, file, offset, byteLength);
    const inputs = [x, codes, this.scales(key, stored, outSize, blocks), '', '', ...bias];
    return graph.node(`${name}.out`, 'MatMulNBits', inputs, {
      domain: MICROSOFT,
      attributes: {
        K: inSize,
        N: outSize,
        bits,
        block_size: blockSize,
        accuracy_level: stored.accuracyLevel,
      },
    });
  }

  private norm(name: string, x: Value, size: number): Value {
    return this.graph.node(
      `${name}.out`,
      'SimplifiedLayerNormalization',
      [x, this.weight(`${name}.weight`, [size])],
      { attributes: { axis: -1, epsilon: this.spec.normEpsilon } },
    );
  }

  private addNorm(name: string, x: Value, residual: Value): [normed: Value, sum: Value] {
    const inputs = [x, residual, this.weight(`${name}.weight`, [this.spec.hiddenSize])];
    this.graph.node(name, 'SkipSimplifiedLayerNormalization', inputs, {
      domain: MICROSOFT,
      attributes: { epsilon: this.spec.normEpsilon },
      outputs: [`${name}.out`, '', '', `${name}.sum`],
    });
    return [`${name}.out`, `${name}.sum`];
  }

  private attention(name: string, layer: number, x: Value): Value {
    const { graph, spec } = this;
    const { heads, kvHeads, headDim, hiddenSize } = spec;
    const past = ['key', 'value'].map((which) => `past_key_values.${layer}.${which}`);
    const present = ['key', 'value'].map((which) => `present.${layer}.${which}`);
    const qkv = [
      this.projected(name, 'q', x, heads, spec.qkNorm),
      this.projected(name, 'k', x, kvHeads, spec.qkNorm),
      this.projected(name, 'v', x, kvHeads, false),
    ];
    graph.node(`${name}.gqa`, 'GroupQueryAttention', [...qkv, ...past, 'seqlens_k', 'total', 'cos', 'sin'], {
      domain: MICROSOFT,
      attributes: { num_heads: heads, kv_num_heads: kvHeads, do_rotary: 1, rotary_interleaved: 0 },
      outputs: [`${name}.attended`, ...present],
    });
    const rows = graph.reshape(`${name}.rows`, `${name}.attended`, [-1, heads * headDim]);
    return this.linear(`${name}.o_proj`, rows, heads * headDim, hiddenSize);
  }

  /** [B·S,hidden] → [B,S,heads·headDim] */
  private projected(name: string, which: string, x: Value, heads: number, hasNorm: boolean): Value {
    const { graph, spec } = this;
    const width = heads * spec.headDim;
    let rows = this.linear(`${name}.${which}_proj`, x, spec.hiddenSize, width, spec.qkvBias);
    if (hasNorm) {
      const perHead = graph.reshape(`${name}.${which}.heads`, rows, [-1, heads, spec.headDim]);
      rows = this.norm(`${name}.${which}_norm`, perHead, spec.headDim);
    }
    return graph.node(`${name}.${which}`, 'Reshape', [rows, `shape3.${width}`]);
  }

  private mlp(name: string, x: Value): Value {
    const { graph, spec } = this;
    const gate = this.linear(`${name}.gate_proj`, x, spec.hiddenSize, spec.ffnSize);
    const up = this.linear(`${name}.up_proj`, x, spec.hiddenSize, spec.ffnSize);
    const silu = graph.node(`${name}.silu`, 'QuickGelu', [gate], {
      domain: MICROSOFT,
      attributes: { alpha: 1 },
    });
    const product = graph.node(`${name}.product`, 'Mul', [silu, up]);
    return this.linear(`${name}.down_proj`, product, spec.ffnSize, spec.hiddenSize);
  }

  /** Logits of the last positions: [B·S,hidden] → [B,K,V]. */
  private head(normed: Value): void {
    const { graph, spec } = this;
    const { hiddenSize, vocabSize } = spec;
    const byBatch = graph.node('normed3', 'Reshape', [normed, `shape3.${hiddenSize}`]);
    const keep = graph.node('keep', 'Reshape', ['num_logits_to_keep', 'one']);
    const start = graph.node('first_kept', 'Neg', [keep]);
    graph.constant('far', BigInt64Array.of(2n ** 31n - 1n), [1]);
    const kept = graph.node('kept_hidden', 'Slice', [byBatch, start, 'far', 'one']);
    const rows = graph.reshape('kept_rows', kept, [-1, hiddenSize]);
    const head = spec.tiedHead ? 'model.embed_tokens' : 'lm_head';
    const logits = this.linear(head, rows, hiddenSize, vocabSize);
    graph.constant('vocab', BigInt64Array.of(BigInt(vocabSize)), [1]);
    graph.node('logits_shape', 'Concat', ['batch', 'minus_one', 'vocab'], { attributes: { axis: 0 } });
    graph.node('logits', 'Reshape', [logits, 'logits_shape']);
  }
}
