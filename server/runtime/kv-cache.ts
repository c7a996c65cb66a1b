/** The memory of the K/V cache, and how a session reads and fills it. */
import * as ort from 'onnxruntime-node';
import type { DecoderSpec } from './architectures.ts';
import type { Attention } from './attention/attention.ts';
import { newOutput, pastInput, perHeadAttention, type Which } from './attention/per-head.ts';
import type { Arrangement } from './trie/kv-trie.ts';
import type { Move } from './trie/slots.ts';

const FLOAT_BYTES = 4;

export interface KvCache {
  /** How the session's graph attends, so that it fits this cache. */
  readonly attention: Attention;
  readonly bytesPerPosition: number;
  readonly byteLength: number;
  /** What attention reads in a forward of `count` new positions behind `past` slots; mask [count × (past + count)]. */
  feeds(past: number, count: number, mask: Float32Array): Record<string, ort.Tensor>;
  /** The outputs that hold new keys and values; a tensor where they are written in place, null where not. */
  fetches(): Record<string, ort.Tensor | null>;
  /** Takes the new keys and values into the slots from `past` on. */
  store(outputs: Record<string, ort.Tensor>, past: number): void;
  /**
   * Moves slots, all at once, into a cache of the given capacity; when that changes, only what is moved is kept.
   * Returns the bytes moved.
   */
  arrange(arrangement: Arrangement): number | Promise<number>;
  dispose(): void | Promise<void>;
}

/** Bytes of one position's keys and values in all layers. */
export const bytesPerPosition = ({ layers, kvHeads, headDim }: DecoderSpec): number =>
  2 * layers * kvHeads * headDim * FLOAT_BYTES;

/** In this process's own memory. Each step copies the new positions' keys and values, and nothing else. */
export class CpuKvCache implements KvCache {
  readonly attention = perHeadAttention;
  readonly bytesPerPosition: number;
  private readonly spec: DecoderSpec;
  private capacity = 0;
  /** Per layer key, then value: [kvHeads, capacity, headDim]. */
  private buffers: Float32Array[];

  constructor(spec: DecoderSpec) {
    this.spec = spec;
    this.bytesPerPosition = bytesPerPosition(spec);
    this.buffers = Array.from({ length: 2 * spec.layers }, () => new Float32Array());
  }

  get byteLength(): number {
    return this.capacity * this.bytesPerPosition;
  }

  feeds(past: number, count: number, mask: Float32Array): Record<string, ort.Tensor> {
    const { heads, kvHeads, headDim } = this.spec;
    const total = past + count;
    const feeds: Record<string, ort.Tensor> = {
      attention_bias: new ort.Tensor('float32', mask, [1, count, total]),
      score_shape: new ort.Tensor('int64', BigInt64Array.from([heads, count, total], BigInt), [3]),
      parts: new ort.Tensor('int64', BigInt64Array.from([past, count], BigInt), [2]),
    };
    for (const { which, layer, buffer } of this.each())
      for (let head = 0; head < kvHeads; head++) {
        const slots = this.slots(buffer, head * this.capacity, past);
        feeds[pastInput(which, layer, head)] = new ort.Tensor('float32', slots, [past, headDim]);
      }
    return feeds;
  }

  fetches(): Record<string, null> {
    return Object.fromEntries(this.each().map(({ which, layer }) => [newOutput(which, layer), null]));
  }

  store(outputs: Record<string, ort.Tensor>, past: number): void {
    const { kvHeads, headDim } = this.spec;
    for (const { which, layer, buffer } of this.each()) {
      const fresh = outputs[newOutput(which, layer)]!.data as Float32Array;
      const count = fresh.length / (kvHeads * headDim);
      for (let head = 0; head < kvHeads; head++)
        buffer.set(this.slots(fresh, head * count, count), (head * this.capacity + past) * headDim);
    }
  }

  private each(): { which: Which; layer: number; buffer: Float32Array }[] {
    return this.buffers.map((buffer, index) => ({
      which: index % 2 === 0 ? 'key' : 'value',
      layer: index >> 1,
      buffer,
    }));
  }

  arrange({ capacity, moves }: Arrangement): number {
    if (capacity === this.capacity) for (const buffer of this.buffers) this.permute(buffer, moves);
    else this.resize(capacity, moves);
    return moves.reduce((sum, { count }) => sum + count, 0) * this.bytesPerPosition;
  }

  dispose(): void {
    this.resize(0, []);
  }

  /** Buffer by buffer, so that old and new memory overlap by one buffer alone. */
  private resize(capacity: number, moves: readonly Move[]): void {
    const { kvHeads, headDim } = this.spec;
    for (const [index, old] of this.buffers.entries()) {
      const grown = new Float32Array(kvHeads * capacity * headDim);
      for (const { from, to, count } of moves)
        for (let head = 0; head < kvHeads; head++)
          grown.set(this.slots(old, head * this.capacity + from, count), (head * capacity + to) * headDim);
      this.buffers[index] = grown;
    }
    this.capacity = capacity;
  }

  /** All sources are read before any target is written, so moves may cross. */
  private permute(buffer: Float32Array, moves: readonly Move[]): void {
    for (let head = 0; head < this.spec.kvHeads; head++) {
      const base = head * this.capacity;
      const taken = moves.map(({ from, count }) => this.slots(buffer, base + from, count).slice());
      for (const [index, { to }] of moves.entries())
        buffer.set(taken[index]!, (base + to) * this.spec.headDim);
    }
  }

  private slots(buffer: Float32Array, first: number, count: number): Float32Array {
    return buffer.subarray(first * this.spec.headDim, (first + count) * this.spec.headDim);
  }
}
