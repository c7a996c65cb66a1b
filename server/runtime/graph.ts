/**
 * Writes the ONNX graph of a decoder. Weights stay in the safetensors files, referenced as external data.
 *
 * S new positions, R rows whose logits are wanted:
 *
 *   input_ids [1,S] int64   latents [L,H]: vectors that stand in for embeddings, L ≥ 1
 *   sources [S] int64: a position reads row i of the S token embeddings followed by the L latents
 *   position_ids [1,S] int64   rows [R] int64
 *   the cache and the mask: see attention/
 *   → logits [R,V]   hidden [S,H] after the final norm   and what attention adds
 */
import type { DecoderSpec } from './architectures.ts';
import type { Attention } from './attention/attention.ts';
import { GraphBuilder, type Value } from './onnx/builder.ts';
import { DataType } from './onnx/schema.ts';
import { rotaryTables } from './rope.ts';
import { type BlockTensor, type FileRange, type GraphWeights, rowLayout } from './stored.ts';

const MICROSOFT = 'com.microsoft';

/** The output head's bias, by this name whether its matrix is tied or not. */
export const HEAD_BIAS = 'lm_head.bias';

/** The serialized graph of the decoder. */
export function decoderGraph(spec: DecoderSpec, weights: GraphWeights, attention: Attention): Uint8Array {
  return new DecoderWriter(spec, weights, attention).write();
}

class DecoderWriter {
  private readonly graph = new GraphBuilder();
  private readonly spec: DecoderSpec;
  private readonly weights: GraphWeights;
  private readonly attention: Attention;

  constructor(spec: DecoderSpec, weights: GraphWeights, attention: Attention) {
    this.spec = spec;
    this.weights = weights;
    this.attention = attention;
  }

  write(): Uint8Array {
    const { graph, spec } = this;
    this.declareInputs();
    const { cos, sin } = rotaryTables(spec.rope, spec.headDim, spec.contextLength);
    graph.constant('cos', cos, [spec.contextLength, spec.headDim / 2]);
    graph.constant('sin', sin, [spec.contextLength, spec.headDim / 2]);

    let residual = this.embed();
    let normed = this.norm('model.layers.0.input_layernorm', residual);
    for (let layer = 0; layer < spec.layers; layer++) {
      const name = `model.layers.${layer}`;
      const attended = this.selfAttention(`${name}.self_attn`, layer, normed);
      [normed, residual] = this.addNorm(`${name}.post_attention_layernorm`, attended, residual);
      const next = layer + 1 < spec.layers ? `model.layers.${layer + 1}.input_layernorm` : 'model.norm';
      [normed, residual] = this.addNorm(next, this.mlp(`${name}.mlp`, normed), residual);
    }
    graph.node('hidden', 'Identity', [normed]);
    const chosen = graph.node('chosen', 'Gather', [normed, 'rows'], { attributes: { axis: 0 } });
    const head = spec.tiedHead ? 'model.embed_tokens' : 'lm_head';
    const bias = spec.headBias ? HEAD_BIAS : undefined;
    this.linear(head, chosen, spec.hiddenSize, spec.vocabSize, { bias, output: 'logits' });
    this.declareOutputs();
    return graph.build(spec.architecture);
  }

  private declareInputs(): void {
    const { graph, spec } = this;
    graph.input('input_ids', DataType.int64, [1, 'S']);
    graph.input('latents', DataType.float, ['L', spec.hiddenSize]);
    graph.input('sources', DataType.int64, ['S']);
    graph.input('position_ids', DataType.int64, [1, 'S']);
    graph.input('rows', DataType.int64, ['R']);
    this.attention.declareInputs(graph, spec);
  }

  private declareOutputs(): void {
    const { graph, spec } = this;
    graph.output('logits', DataType.float, ['R', spec.vocabSize]);
    graph.output('hidden', DataType.float, ['S', spec.hiddenSize]);
    this.attention.declareOutputs(graph, spec);
  }

  private readonly declared = new Set<Value>();

  /** What is used twice (a tied head's matrix, its scales) is declared once. */
  private once(name: Value, declare: () => void): Value {
    if (!this.declared.has(name)) declare();
    this.declared.add(name);
    return name;
  }

  private external(
    name: string,
    type: DataType,
    shape: number[],
    { file, offset, byteLength }: FileRange,
  ): Value {
    return this.once(name, () => this.graph.external(name, type, shape, file, offset, byteLength));
  }

  /** A weight as float32: F32 lies in its file as it is, F16 and BF16 are cast (folded when the session loads). */
  private weight(name: string, shape: number[]): Value {
    const stored = this.weights.locate(name, shape);
    if (stored.kind === 'blocks') throw new Error(`${name} is quantized where a plain tensor is needed.`);
    const value = this.external(name, stored.type, shape, stored);
    if (stored.type === DataType.float) return value;
    const cast = `${name}.f32`;
    return this.once(cast, () =>
      this.graph.node(cast, 'Cast', [value], { attributes: { to: DataType.float } }),
    );
  }

  /** [S,H]: everything but attention works on rows, which lets Gemm take PyTorch's [out,in] weights as they lie. */
  private embed(): Value {
    const { graph, spec } = this;
    const tokens = graph.reshape('token_rows', this.gatherTokens(), [-1, spec.hiddenSize]);
    const all = graph.node('token_and_latent_rows', 'Concat', [tokens, 'latents'], {
      attributes: { axis: 0 },
    });
    return graph.node('embedded', 'Gather', [all, 'sources'], { attributes: { axis: 0 } });
  }

  /** The tokens' embeddings. */
  private gatherTokens(): Value {
    const { graph, spec } = this;
    const name = 'model.embed_tokens.weight';
    const shape = [spec.vocabSize, spec.hiddenSize];
    const stored = this.weights.locate(name, shape);
    if (stored.kind === 'blocks') return this.gatherBlocks(name, stored);
    return graph.node('gathered', 'Gather', [this.weight(name, shape), 'input_ids'], {
      attributes: { axis: 0 },
    });
  }

  /** Rows of a quantized embedding, dequantized as they are gathered. */
  private gatherBlocks(name: string, table: BlockTensor): Value {
    const { graph, spec } = this;
    const { bits, blockSize } = table.format;
    const { blocks, codeBytes } = rowLayout(table.format, spec.hiddenSize);
    const codes = this.external(`${name}.rows`, DataType.uint8, [spec.vocabSize, codeBytes], table.codes);
    const inputs = [codes, 'input_ids', ...this.blockParameters(name, table, spec.vocabSize, blocks)];
    const gathered = graph.node('gathered', 'GatherBlockQuantized', inputs, {
      domain: MICROSOFT,
      attributes: { bits, block_size: blockSize, gather_axis: 0, quantize_axis: 1 },
    });
    const padded = blocks * blockSize;
    const rows = graph.reshape('gathered.rows', gathered, [-1, padded]);
    return padded === spec.hiddenSize ? rows : graph.firstColumns('gathered.columns', rows, spec.hiddenSize);
  }

  /** The scales and, unless symmetric, the zero points of a quantized matrix. */
  private blockParameters(name: string, table: BlockTensor, rows: number, blocks: number): Value[] {
    const scales = this.external(`${name}.scales`, DataType.float, [rows, blocks], table.scales);
    if (table.zeroPoints === undefined) return [scales];
    const shape = [rows, table.zeroPoints.byteLength / rows];
    return [scales, this.external(`${name}.zero_points`, DataType.uint8, shape, table.zeroPoints)];
  }

  /** x·Wᵀ + b: [rows, inSize] → [rows, outSize]. */
  private linear(
    name: string,
    x: Value,
    inSize: number,
    outSize: number,
    options: { /** Its tensor's name. */ bias?: string | undefined; output?: string } = {},
  ): Value {
    const { graph } = this;
    const key = `${name}.weight`;
    const output = options.output ?? `${name}.out`;
    const bias = options.bias === undefined ? [] : [this.weight(options.bias, [outSize])];
    const stored = this.weights.locate(key, [outSize, inSize]);
    if (stored.kind === 'plain') {
      const inputs = [x, this.weight(key, [outSize, inSize]), ...bias];
      return graph.node(output, 'Gemm', inputs, { attributes: { transB: 1 } });
    }
    const { bits, blockSize } = stored.format;
    const { blocks, codeBytes } = rowLayout(stored.format, inSize);
    const codes = this.external(key, DataType.uint8, [outSize, blocks, codeBytes / blocks], stored.codes);
    const [scales = '', zeroPoints = ''] = this.blockParameters(key, stored, outSize, blocks);
    return graph.node(output, 'MatMulNBits', [x, codes, scales, zeroPoints, '', ...bias], {
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

  /** RMSNorm over the last dimension. */
  private norm(name: string, x: Value, size = this.spec.hiddenSize): Value {
    return this.graph.node(
      `${name}.out`,
      'SimplifiedLayerNormalization',
      [x, this.weight(`${name}.weight`, [size])],
      {
        attributes: { axis: -1, epsilon: this.spec.normEpsilon },
      },
    );
  }

  /** RMSNorm of x + residual, and that sum. */
  private addNorm(name: string, x: Value, residual: Value): [normed: Value, sum: Value] {
    const { graph, spec } = this;
    const outputs = [`${name}.out`, '', '', `${name}.sum`];
    const inputs = [x, residual, this.weight(`${name}.weight`, [spec.hiddenSize])];
    graph.node(name, 'SkipSimplifiedLayerNormalization', inputs, {
      domain: MICROSOFT,
      attributes: { epsilon: spec.normEpsilon },
      outputs,
    });
    return [`${name}.out`, `${name}.sum`];
  }

  private selfAttention(name: string, layer: number, x: Value): Value {
    const { graph, spec } = this;
    const { hiddenSize, heads, kvHeads, headDim } = spec;
    const q = this.rotatedHeads(name, 'q', x, heads);
    const k = this.rotatedHeads(name, 'k', x, kvHeads);
    const bias = this.qkvBias(`${name}.v_proj`);
    const v = this.linear(`${name}.v_proj`, x, hiddenSize, kvHeads * headDim, { bias });
    const v3 = graph.reshape(`${name}.v`, v, [1, -1, kvHeads * headDim]);
    const rows = this.attention.attend(graph, spec, layer, { q, k, v: v3 });
    return this.linear(`${name}.o_proj`, rows, heads * headDim, hiddenSize);
  }

  private qkvBias(projection: string): string | undefined {
    return this.spec.qkvBias ? `${projection}.bias` : undefined;
  }

  /** Projection, the per-head norm of Qwen3 and RoPE: [S,H] → [1,S,heads·headDim]. */
  private rotatedHeads(name: string, which: 'q' | 'k', x: Value, heads: number): Value {
    const { graph, spec } = this;
    const width = heads * spec.headDim;
    const projection = `${name}.${which}_proj`;
    const bias = this.qkvBias(projection);
    let projected = this.linear(projection, x, spec.hiddenSize, width, { bias });
    if (spec.qkNorm) {
      const perHead = graph.reshape(`${name}.${which}.heads`, projected, [-1, heads, spec.headDim]);
      projected = this.norm(`${name}.${which}_norm`, perHead, spec.headDim);
    }
    const flat = graph.reshape(`${name}.${which}.flat`, projected, [1, -1, width]);
    return graph.node(`${name}.${which}`, 'RotaryEmbedding', [flat, 'position_ids', 'cos', 'sin'], {
      domain: MICROSOFT,
      attributes: { num_heads: heads, rotary_embedding_dim: spec.headDim, interleaved: 0 },
    });
  }

  /** SwiGLU: down(silu(gate(x)) · up(x)). QuickGelu with alpha 1 is silu in one operator. */
  private mlp(name: string, x: Value): Value {
    const { graph, spec } = this;
    const gate = this.linear(`${name}.gate_proj`, x, spec.hiddenSize, spec.ffnSize);
    const up = this.linear(`${name}.up_proj`, x, spec.hiddenSize, spec.ffnSize);
    const activated = graph.node(`${name}.silu`, 'QuickGelu', [gate], {
      domain: MICROSOFT,
      attributes: { alpha: 1 },
    });
    const product = graph.node(`${name}.product`, 'Mul', [activated, up]);
    return this.linear(`${name}.down_proj`, product, spec.ffnSize, spec.hiddenSize);
  }
}
