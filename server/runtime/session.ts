/** Runs the decoder graph on a K/V cache that is written in place, any set of new positions per forward. */
import * as ort from 'onnxruntime-node';
import type { DecoderSpec } from './architectures.ts';
import type { Device } from './devices/device.ts';
import { VerityError } from './errors.ts';
import { GpuKvCache } from './gpu-kv-cache.ts';
import { decoderGraph, layerInputs, layerOutputs } from './graph.ts';
import { CpuKvCache, type KvCache } from './kv-cache.ts';
import type { GraphWeights } from './stored.ts';
import type { Arrangement } from './trie/kv-trie.ts';

export interface SessionOptions {
  /** Threads inside one operator; ONNX Runtime's default (all cores) if left out. */
  threads?: number;
  /** The CPU if left out. On others nothing falls back to the CPU unseen: a graph that they cannot run is refused. */
  device?: Device;
}

/** S new positions for one forward; they take the slots after the `past` ones, in their order. */
export interface ForwardInput {
  /** Token ids, or [hiddenSize] vectors in place of their embeddings. */
  contents: (number | Float32Array)[];
  /** RoPE position of each. */
  positions: number[];
  /** Slots of the cache that the forward reads. */
  past: number;
  /**
   * [S × (past + S)] additive mask, row-major: 0 sees a slot, −∞ does not. A position never sees new ones after it.
   */
  mask: Float32Array;
  /** Which of the new positions' logits are wanted. */
  rows: number[];
}

export interface ForwardOutput {
  /** [rows × vocabSize] */
  logits: Float32Array;
  /** [S × hiddenSize], after the final norm. */
  hidden: Float32Array;
}

/** What the engine runs on: a session, or in tests a simulation of one. */
export interface Decoder {
  readonly spec: Pick<DecoderSpec, 'vocabSize' | 'hiddenSize' | 'contextLength'>;
  /** Bytes of K/V that one position takes. */
  readonly bytesPerPosition: number;
  /** Evaluates new positions and writes their keys and values into the cache. */
  forward(input: ForwardInput): Promise<ForwardOutput>;
  /** Rearranges the cache between two forwards and returns the bytes moved. */
  arrange(arrangement: Arrangement): number | Promise<number>;
}

export class DecoderSession implements Decoder {
  readonly spec: DecoderSpec;
  private readonly session: ort.InferenceSession;
  private readonly cache: KvCache;
  private readonly noLatents: ort.Tensor;
  private released: Promise<void> | undefined;

  private constructor(spec: DecoderSpec, session: ort.InferenceSession, cache: KvCache) {
    this.spec = spec;
    this.session = session;
    this.cache = cache;
    this.noLatents = new ort.Tensor('float32', new Float32Array(spec.hiddenSize), [1, spec.hiddenSize]);
  }

  /** Writes the graph and loads it. @throws VerityError badModel if ONNX Runtime refuses it. */
  static async create(
    spec: DecoderSpec,
    weights: GraphWeights,
    options: SessionOptions = {},
  ): Promise<DecoderSession> {
    const runtime = runtimeOptions(options);
    try {
      const session = await ort.InferenceSession.create(decoderGraph(spec, weights), {
        ...runtime,
        extra: {
          session: {
            ...runtime.extra.session,
            model_external_initializers_file_folder_path: weights.folder,
            // float32 weights stay backed by their file, without a copy in packed buffers; block-quantized ones need
            // the packing, or each product dequantizes its matrix first (60 to 200 times slower).
            disable_prepacking: weights.quantized ? '0' : '1',
          },
        },
      });
      const cache =
        options.device === 'webgpu' ? await GpuKvCache.create(spec, runtime) : new CpuKvCache(spec);
      return new DecoderSession(spec, session, cache);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new VerityError(
        'badModel',
        `ONNX Runtime cannot load the model in ${weights.folder}: ${reason}`,
        { cause: error },
      );
    }
  }

  async forward({ contents, positions, past, mask, rows }: ForwardInput): Promise<ForwardOutput> {
    const { vocabSize, hiddenSize } = this.spec;
    const count = contents.length;
    const total = past + count;
    const feeds: Record<string, ort.Tensor> = {
      ...this.contentFeeds(contents),
      position_ids: int64([1, count], positions),
      rows: int64([rows.length], rows),
      attention_bias: new ort.Tensor('float32', mask, [1, 1, count, total]),
      total: new ort.Tensor('int32', Int32Array.of(total), []),
      last_slot: new ort.Tensor('int32', Int32Array.of(total - 1), [1]),
    };
    const logits = new Float32Array(rows.length * vocabSize);
    const hidden = new Float32Array(count * hiddenSize);
    const fetches: Record<string, ort.Tensor> = {
      logits: new ort.Tensor('float32', logits, [rows.length, vocabSize]),
      hidden: new ort.Tensor('float32', hidden, [count, hiddenSize]),
    };
    this.bindCache(feeds, fetches);
    await this.session.run(feeds, fetches);
    return { logits, hidden };
  }

  private contentFeeds(contents: (number | Float32Array)[]): Record<string, ort.Tensor> {
    const count = contents.length;
    const { hiddenSize } = this.spec;
    const latents = contents.filter((content) => typeof content !== 'number');
    let next = count;
    const sources = contents.map((content, row) => (typeof content === 'number' ? row : next++));
    const vectors = new Float32Array(latents.length * hiddenSize);
    for (const [row, latent] of latents.entries()) vectors.set(latent, row * hiddenSize);
    return {
      input_ids: int64(
        [1, count],
        contents.map((content) => (typeof content === 'number' ? content : 0)),
      ),
      latents:
        latents.length === 0
          ? this.noLatents
          : new ort.Tensor('float32', vectors, [latents.length, hiddenSize]),
      sources: int64([count], sources),
    };
  }

  /** The same memory goes in as past and out as present, so the operator writes only the new slots. */
  private bindCache(feeds: Record<string, ort.Tensor>, fetches: Record<string, ort.Tensor>): void {
    for (let layer = 0; layer < this.spec.layers; layer++) {
      const outputs = layerOutputs(layer);
      for (const [which, name] of layerInputs(layer).entries())
        feeds[name] = fetches[outputs[which]!] = this.cache.tensors[2 * layer + which]!;
    }
  }

  async arrange(arrangement: Arrangement): Promise<number> {
    return this.cache.arrange(arrangement);
  }

  get bytesPerPosition(): number {
    return this.cache.bytesPerPosition;
  }

  /** Bytes the K/V cache holds. */
  get cacheBytes(): number {
    return this.cache.byteLength;
  }

  /** Safe to call twice. */
  dispose(): Promise<void> {
    return (this.released ??= this.release());
  }

  private async release(): Promise<void> {
    await this.cache.dispose();
    await this.session.release();
  }
}

/** What every session on the device is created with. */
const runtimeOptions = ({ device = 'cpu', threads }: SessionOptions) => ({
  executionProviders: [device],
  ...(threads !== undefined && { intraOpNumThreads: threads }),
  extra: { session: device === 'cpu' ? {} : { disable_cpu_ep_fallback: '1' } },
});

const int64 = (dims: number[], values: number[]): ort.Tensor =>
  new ort.Tensor('int64', BigInt64Array.from(values, BigInt), dims);
