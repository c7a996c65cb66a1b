/** Runs the decoder graph: one K/V cache that is written in place, any set of new positions per forward. */
import * as ort from 'onnxruntime-node';
import type { DecoderSpec } from './architectures.ts';
import { VerityError } from './errors.ts';
import { decoderGraph, type GraphInput, layerInputs, layerOutputs } from './graph.ts';
import type { GraphWeights } from './stored.ts';

export interface SessionOptions {
  /** Threads inside one operator; ONNX Runtime's default (all cores) if left out. */
  threads?: number;
}

/** New positions for one forward; they take the slots after the `past` ones, in their order. */
export interface ForwardInput {
  /** Token ids, or [S × hiddenSize] vectors in place of their embeddings. */
  input: { tokens: number[] } | { embeddings: Float32Array };
  /** RoPE position of each. */
  positions: number[];
  /** Slots of the cache that are filled. */
  past: number;
  /**
   * [S × (past + S)] additive mask, row-major: 0 sees a slot, −∞ does not. A position only ever sees earlier slots
   * and its own. Left out: each sees all before it.
   */
  mask?: Float32Array;
  /** Which of the new positions' logits are wanted. */
  rows: number[];
}

export interface ForwardOutput {
  /** [rows × vocabSize] */
  logits: Float32Array;
  /** [S × hiddenSize], after the final norm. */
  hidden: Float32Array;
}

/** K/V slots grow by doubling from here, so that short prompts do not reserve the whole context. */
const FIRST_CAPACITY = 256;

export class DecoderSession {
  readonly spec: DecoderSpec;
  private readonly weights: GraphWeights;
  private readonly options: SessionOptions;
  private readonly sessions = new Map<GraphInput, Promise<ort.InferenceSession>>();
  /** Per layer key and value, [1, kvHeads, capacity, headDim]: past and present are the same memory. */
  private cache: Float32Array[] = [];
  private capacity = 0;

  private constructor(spec: DecoderSpec, weights: GraphWeights, options: SessionOptions) {
    this.spec = spec;
    this.weights = weights;
    this.options = options;
  }

  /** Writes the graph and loads it. @throws VerityError badModel if ONNX Runtime refuses it. */
  static async create(
    spec: DecoderSpec,
    weights: GraphWeights,
    options: SessionOptions = {},
  ): Promise<DecoderSession> {
    const session = new DecoderSession(spec, weights, options);
    await session.sessionFor('tokens');
    return session;
  }

  private sessionFor(input: GraphInput): Promise<ort.InferenceSession> {
    let session = this.sessions.get(input);
    if (session === undefined) {
      session = this.load(input);
      this.sessions.set(input, session);
    }
    return session;
  }

  private async load(input: GraphInput): Promise<ort.InferenceSession> {
    const graph = decoderGraph(this.spec, this.weights, input);
    try {
      return await ort.InferenceSession.create(graph, {
        executionProviders: ['cpu'],
        ...(this.options.threads === undefined ? {} : { intraOpNumThreads: this.options.threads }),
        extra: {
          session: {
            model_external_initializers_file_folder_path: this.weights.folder,
            // float32 weights stay backed by their file, without a copy in packed buffers; block-quantized ones need
            // the packing, or each product dequantizes its matrix first (60 to 200 times slower).
            disable_prepacking: this.weights.quantized ? '0' : '1',
          },
        },
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new VerityError(
        'badModel',
        `ONNX Runtime cannot load the model in ${this.weights.folder}: ${reason}`,
      );
    }
  }

  /** Evaluates new positions and writes their keys and values into the cache. */
  async forward({ input, positions, past, mask, rows }: ForwardInput): Promise<ForwardOutput> {
    const { spec } = this;
    const count = positions.length;
    const total = past + count;
    this.reserve(total);
    const bias = mask ?? causalMask(past, count);
    const feeds: Record<string, ort.Tensor> = {
      position_ids: int64([1, count], positions),
      rows: int64([rows.length], rows),
      attention_bias: new ort.Tensor('float32', bias, [1, 1, count, total]),
      total: new ort.Tensor('int32', Int32Array.of(total), []),
      last_slot: new ort.Tensor('int32', Int32Array.of(total - 1), [1]),
    };
    if ('tokens' in input) feeds['input_ids'] = int64([1, count], input.tokens);
    else feeds['inputs_embeds'] = new ort.Tensor('float32', input.embeddings, [1, count, spec.hiddenSize]);

    const logits = new Float32Array(rows.length * spec.vocabSize);
    const hidden = new Float32Array(count * spec.hiddenSize);
    const fetches: Record<string, ort.Tensor> = {
      logits: new ort.Tensor('float32', logits, [rows.length, spec.vocabSize]),
      hidden: new ort.Tensor('float32', hidden, [count, spec.hiddenSize]),
    };
    this.bindCache(feeds, fetches);
    const session = await this.sessionFor('tokens' in input ? 'tokens' : 'embeddings');
    await session.run(feeds, fetches);
    return { logits, hidden };
  }

  /** The same memory goes in as past and out as present, so the operator writes only the new slots. */
  private bindCache(feeds: Record<string, ort.Tensor>, fetches: Record<string, ort.Tensor>): void {
    const dims = [1, this.spec.kvHeads, this.capacity, this.spec.headDim];
    for (let layer = 0; layer < this.spec.layers; layer++) {
      const outputs = layerOutputs(layer);
      for (const [which, name] of layerInputs(layer).entries()) {
        const tensor = new ort.Tensor('float32', this.cache[2 * layer + which]!, dims);
        feeds[name] = tensor;
        fetches[outputs[which]!] = tensor;
      }
    }
  }

  private reserve(slots: number): void {
    if (slots <= this.capacity) return;
    const { kvHeads, headDim, layers } = this.spec;
    const capacity = Math.max(FIRST_CAPACITY, 2 ** Math.ceil(Math.log2(slots)));
    const grown = Array.from({ length: 2 * layers }, () => new Float32Array(kvHeads * capacity * headDim));
    for (const [index, old] of this.cache.entries())
      for (let head = 0; head < kvHeads; head++) {
        const row = this.capacity * headDim;
        grown[index]!.set(old.subarray(head * row, (head + 1) * row), head * capacity * headDim);
      }
    this.cache = grown;
    this.capacity = capacity;
  }

  /** Bytes the K/V cache holds. */
  get cacheBytes(): number {
    return this.cache.reduce((sum, buffer) => sum + buffer.byteLength, 0);
  }

  async dispose(): Promise<void> {
    for (const session of this.sessions.values()) await (await session).release();
    this.sessions.clear();
    this.cache = [];
    this.capacity = 0;
  }
}

const int64 = (dims: number[], values: number[]): ort.Tensor =>
  new ort.Tensor('int64', BigInt64Array.from(values, BigInt), dims);

/** [count × (past + count)]: each new position sees all slots before it and its own. */
export function causalMask(past: number, count: number): Float32Array {
  const total = past + count;
  const mask = new Float32Array(count * total);
  for (let row = 0; row < count; row++) mask.fill(-Infinity, row * total + past + row + 1, (row + 1) * total);
  return mask;
}
