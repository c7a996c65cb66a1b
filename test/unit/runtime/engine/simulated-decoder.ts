/**
 * A decoder without a model: a position's key and value are one number, made from its content, its position and all it
 * sees, as in a transformer. Whoever sees a wrong slot, a stale one or one too few gets other logits.
 */
import type { Decoder, ForwardInput, ForwardOutput } from '../../../../server/runtime/session.ts';
import type { Arrangement } from '../../../../server/runtime/trie/kv-trie.ts';

export const VOCABULARY = 16;
const HIDDEN = 4;

export interface Position {
  kv: number;
  position: number;
}

/** The next position of a path, and what the decoder answers there. */
export function follow(
  path: readonly Position[],
  content: number | Float32Array,
  position: number,
): Position {
  let hash = typeof content === 'number' ? content + 1 : Math.round(content[0]! * 1000) + 77;
  hash = Math.imul(hash ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(position + 1, 0xc2b2ae35);
  // A sum, since the order of slots must not matter.
  for (const { kv } of path) hash = (hash + kv) | 0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return { kv: hash ^ (hash >>> 13), position };
}

export const logitsOf = ({ kv }: Position): Float32Array =>
  Float32Array.from({ length: VOCABULARY }, (_, token) => (Math.imul(kv, 2 * token + 1) >>> 8) / 2 ** 24);

export interface Forwarded {
  contents: ForwardInput['contents'];
  rows: number[];
  past: number;
}

export class SimulatedDecoder implements Decoder {
  readonly spec: Decoder['spec'];
  readonly bytesPerPosition = 8;
  readonly forwards: Forwarded[] = [];
  private slots: (Position | undefined)[] = [];
  /** Called before each forward; its promise delays the forward. */
  before: (input: ForwardInput) => Promise<void> | void = () => undefined;

  constructor(contextLength = 64) {
    this.spec = { vocabSize: VOCABULARY, hiddenSize: HIDDEN, contextLength };
  }

  async forward(input: ForwardInput): Promise<ForwardOutput> {
    const { contents, positions, past, mask, rows } = input;
    this.forwards.push({ contents, rows, past });
    await this.before(input);
    const total = past + contents.length;
    if (total > this.slots.length) throw new Error('The cache is too small.');
    if (mask.length !== contents.length * total) throw new Error('The mask has another shape.');
    const isBad = contents.some((content) => typeof content !== 'number' && Number.isNaN(content[0]));
    const seen = contents.map((content, row) => {
      const visible: Position[] = [];
      // GroupQueryAttention: no row sees slots after its own, whatever the mask says.
      for (let slot = 0; slot < past + row; slot++)
        if (mask[row * total + slot] === 0) visible.push(this.slots[slot] ?? { kv: NaN, position: -1 });
      if (mask[row * total + past + row] !== 0) throw new Error('A row must see itself.');
      return (this.slots[past + row] = follow(visible, content, positions[row]!));
    });
    const logits = new Float32Array(rows.length * VOCABULARY);
    for (const [at, row] of rows.entries()) logits.set(logitsOf(seen[row]!), at * VOCABULARY);
    const hidden = Float32Array.from({ length: contents.length * HIDDEN }, () => 0.5);
    // In a batch one bad value reaches the rows beside it: 0 × NaN is NaN.
    if (isBad) hidden.fill(NaN);
    return { logits, hidden };
  }

  arrange({ capacity, moves }: Arrangement): number {
    const next: (Position | undefined)[] =
      capacity === this.slots.length ? [...this.slots] : Array.from({ length: capacity });
    let moved = 0;
    for (const { from, to, count } of moves)
      for (let i = 0; i < count; i++, moved++) next[to + i] = this.slots[from + i];
    this.slots = next;
    return moved * this.bytesPerPosition;
  }
}
