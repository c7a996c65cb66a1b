/**
 * The K/V cache in a GPU's memory, for WebGPU. Buffers there can be had as the outputs of a session alone, so a graph
 * of one Gather makes them: the first from nothing, each later one from its predecessor, slots moved on the way.
 */
import * as ort from 'onnxruntime-node';
import type { DecoderSpec } from './architectures.ts';
import { inPlaceAttention, layerInputs, layerOutputs } from './attention/in-place.ts';
import { bytesPerPosition, type KvCache } from './kv-cache.ts';
import { GraphBuilder } from './onnx/builder.ts';
import { DataType } from './onnx/schema.ts';
import type { Arrangement } from './trie/kv-trie.ts';

/** before [1,kvHeads,B,headDim], sources [A] → after [1,kvHeads,A,headDim]: slot i holds what lay at sources[i]. */
function arrangingGraph({ kvHeads, headDim }: DecoderSpec): Uint8Array {
  const graph = new GraphBuilder();
  graph.input('before', DataType.float, [1, kvHeads, 'B', headDim]);
  graph.input('sources', DataType.int32, ['A']);
  graph.node('after', 'Gather', ['before', 'sources'], { attributes: { axis: 2 } });
  graph.output('after', DataType.float, [1, kvHeads, 'A', headDim]);
  return graph.build('arrange');
}

export class GpuKvCache implements KvCache {
  readonly attention = inPlaceAttention;
  private readonly spec: DecoderSpec;
  private readonly arranger: ort.InferenceSession;
  private capacity = 0;
  /** Per layer key, then value: [1, kvHeads, capacity, headDim]. */
  private tensors: ort.Tensor[] = [];

  private constructor(spec: DecoderSpec, arranger: ort.InferenceSession) {
    this.spec = spec;
    this.arranger = arranger;
  }

  static async create(spec: DecoderSpec, options: ort.InferenceSession.SessionOptions): Promise<GpuKvCache> {
    const arranger = await ort.InferenceSession.create(arrangingGraph(spec), {
      ...options,
      preferredOutputLocation: 'gpu-buffer',
    });
    return new GpuKvCache(spec, arranger);
  }

  get bytesPerPosition(): number {
    return bytesPerPosition(this.spec);
  }

  get byteLength(): number {
    return this.capacity * this.bytesPerPosition;
  }

  feeds(past: number, count: number, mask: Float32Array): Record<string, ort.Tensor> {
    const total = past + count;
    return {
      attention_bias: new ort.Tensor('float32', mask, [1, 1, count, total]),
      total: new ort.Tensor('int32', Int32Array.of(total), []),
      last_slot: new ort.Tensor('int32', Int32Array.of(total - 1), [1]),
      ...this.named(layerInputs),
    };
  }

  /** The same memory goes in as past and out as present, so the operator writes only the new slots. */
  fetches(): Record<string, ort.Tensor> {
    return this.named(layerOutputs);
  }

  store(): void {
    // The operator has written them in place.
  }

  private named(names: (layer: number) => readonly [string, string]): Record<string, ort.Tensor> {
    return Object.fromEntries(this.tensors.map((tensor, index) => [names(index >> 1)[index % 2]!, tensor]));
  }

  /** Every buffer is written anew, whatever moves, so the bytes moved are those of the whole new cache, if not its first. */
  async arrange({ capacity, moves }: Arrangement): Promise<number> {
    if (capacity === 0) this.free();
    if (capacity === 0 || (capacity === this.capacity && moves.length === 0)) return 0;
    const sources = new Int32Array(capacity);
    // Slots that nothing moves to stay as they are, or hold what is there as well as any finite number.
    for (const slot of sources.keys()) sources[slot] = slot < this.capacity ? slot : 0;
    for (const { from, to, count } of moves) for (let i = 0; i < count; i++) sources[to + i] = from + i;
    const indices = new ort.Tensor('int32', sources, [capacity]);
    // Buffer by buffer, so that old and new memory overlap by one buffer alone.
    for (let index = 0; index < 2 * this.spec.layers; index++) {
      const before = this.tensors[index];
      const { after } = await this.arranger.run({ before: before ?? this.nothing(), sources: indices });
      before?.dispose();
      this.tensors[index] = after!;
    }
    const isFirst = this.capacity === 0;
    this.capacity = capacity;
    return isFirst ? 0 : this.byteLength;
  }

  /** One slot of zeros, of which a first cache is made. */
  private nothing(): ort.Tensor {
    const { kvHeads, headDim } = this.spec;
    return new ort.Tensor('float32', new Float32Array(kvHeads * headDim), [1, kvHeads, 1, headDim]);
  }

  private free(): void {
    for (const tensor of this.tensors) tensor.dispose();
    this.tensors = [];
    this.capacity = 0;
  }

  async dispose(): Promise<void> {
    this.free();
    await this.arranger.release();
  }
}
