/** The memory of the K/V cache: one key and one value buffer per layer, past and present of a forward in one. */
import * as ort from 'onnxruntime-node';
import type { DecoderSpec } from './architectures.ts';
import type { Arrangement } from './trie/kv-trie.ts';
import type { Move } from './trie/slots.ts';

const FLOAT_BYTES = 4;

export interface KvCache {
  /** Per layer key, then value: [1, kvHeads, capacity, headDim]. */
  readonly tensors: readonly ort.Tensor[];
  readonly bytesPerPosition: number;
  readonly byteLength: number;
  /**
   * Moves slots, all at once, into a cache of the given capacity; when that changes, only what is moved is kept.
   * Returns the bytes moved.
   */
  arrange(arrangement: Arrangement): number | Promise<number>;
  dispose(): void | Promise<void>;
}

export const bytesPerPosition = ({ layers, kvHeads, headDim }: DecoderSpec): number =>
  2 * layers * kvHeads * headDim * FLOAT_BYTES;

/** In this process's own memory, which the CPU's operators read and write in place. */
export class CpuKvCache implements KvCache {
  private readonly heads: number;
  private readonly headDim: number;
  readonly bytesPerPosition: number;
  private capacity = 0;
  /** Per layer key, then value: [1, kvHeads, capacity, headDim]. */
  private buffers: Float32Array[];
  /** The same memory as the session takes it, in the same order. */
  tensors: ort.Tensor[] = [];

  constructor(spec: DecoderSpec) {
    this.heads = spec.kvHeads;
    this.headDim = spec.headDim;
    this.bytesPerPosition = bytesPerPosition(spec);
    this.buffers = Array.from({ length: 2 * spec.layers }, () => new Float32Array());
  }

  get byteLength(): number {
    return this.capacity * this.bytesPerPosition;
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
    this.tensors = [];
    for (const [index, old] of this.buffers.entries()) {
      const grown = new Float32Array(this.heads * capacity * this.headDim);
      for (const { from, to, count } of moves)
        for (let head = 0; head < this.heads; head++)
          grown.set(this.row(old, head * this.capacity + from, count), (head * capacity + to) * this.headDim);
      this.buffers[index] = grown;
    }
    this.capacity = capacity;
    const dims = [1, this.heads, capacity, this.headDim];
    this.tensors = this.buffers.map((buffer) => new ort.Tensor('float32', buffer, dims));
  }

  /** All sources are read before any target is written, so moves may cross. */
  private permute(buffer: Float32Array, moves: readonly Move[]): void {
    for (let head = 0; head < this.heads; head++) {
      const base = head * this.capacity;
      const taken = moves.map(({ from, count }) => this.row(buffer, base + from, count).slice());
      for (const [index, { to }] of moves.entries()) buffer.set(taken[index]!, (base + to) * this.headDim);
    }
  }

  private row(buffer: Float32Array, slot: number, count: number): Float32Array {
    return buffer.subarray(slot * this.headDim, (slot + count) * this.headDim);
  }
}
