/** Runs the decoder graph on a K/V cache that is written in place, any set of new positions per forward. */
import * as ort from 'onnxruntime-node';
import type { DecoderSpec } from './architectures.ts';
import type { Device } from './devices/device.ts';
import { VerityError } from './errors.ts';
import { GpuKvCache } from './gpu-kv-cache.ts';
import { decoderGraph } from './graph.ts';
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
      const cache =
        options.device === 'webgpu' ? await GpuKvCache.create(spec, runtime) : new CpuKvCache(spec);
      const graph = decoderGraph(spec, weights, cache.attention);
      const session = await ort.InferenceSession.create(graph, {
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
    const count = contents.length;
    const outputs = await this.session.run(
      {
        ...this.contentFeeds(contents),
        position_ids: int64([1, count], positions),
        rows: int64([rows.length], rows),
        ...this.cache.feeds(past, count, mask),
      },
      { logits: null, hidden: null, ...this.cache.fetches() },
    );
    this.cache.store(outputs, past);
    return {
      logits: outputs['logits']!.data as Float32Array,
      hidden: outputs['hidden']!.data as Float32Array,
    };
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
