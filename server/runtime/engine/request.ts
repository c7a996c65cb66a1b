/** One request to evaluate new positions below a node, from its arrival to its outputs. */
import type { KvTrie, TrieNode } from '../trie/kv-trie.ts';
import type { Priority, Waiting } from './policy.ts';

export interface EvaluateOptions {
  /** Of how many of the last new positions the outputs are wanted, or of all; of one if left out. */
  rows?: number | 'all';
  /** False leaves the output head out: hidden states alone, for a latent step. */
  head?: boolean;
  signal?: AbortSignal | undefined;
}

export interface Outputs {
  /** [rows × vocabSize]; empty without the head. */
  logits: Float32Array;
  /** [rows × hiddenSize], after the final norm. */
  hidden: Float32Array;
  /** How many of the new positions were found in the cache, or evaluated for another request in the same forward. */
  reused: number;
}

type Input = number | Float32Array;

export class EvaluationRequest implements Waiting {
  readonly start: TrieNode;
  readonly contents: readonly Input[];
  readonly priority: Priority;
  readonly head: boolean;
  since: number;
  /** Contents evaluated or found so far, and the node they lead to; it is pinned up to `start`. */
  done = 0;
  tip: TrieNode;
  /** Positions found in the cache. */
  reused = 0;
  isSettled = false;
  readonly outcome: Promise<Outputs & { tip: TrieNode }>;
  /** Outputs are wanted from this index of the contents on. */
  private readonly firstWanted: number;
  private outputs: Omit<Outputs, 'reused'> = { logits: new Float32Array(), hidden: new Float32Array() };
  private resolve!: (outputs: Outputs & { tip: TrieNode }) => void;
  private rejectOutcome!: (reason: unknown) => void;

  constructor(
    start: TrieNode,
    contents: readonly Input[],
    priority: Priority,
    { rows = 1, head = true }: EvaluateOptions,
    now: number,
  ) {
    this.start = this.tip = start;
    this.contents = contents;
    this.priority = priority;
    this.head = head;
    this.since = now;
    this.firstWanted = rows === 'all' ? 0 : Math.max(0, contents.length - rows);
    this.outcome = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.rejectOutcome = reject;
    });
  }

  get left(): number {
    return this.contents.length - this.done;
  }

  wants(index: number): boolean {
    return index >= this.firstWanted;
  }

  /** Goes on along what is cached, as far as no outputs are wanted. */
  skipCached(trie: KvTrie): void {
    const { node, length } = trie.match(this.tip, this.contents, this.done, this.firstWanted);
    trie.pin(node, this.tip);
    this.tip = node;
    this.done += length;
    this.reused += length;
  }

  /** Keeps the outputs of one wanted position. A single one is a view of the forward's, many are copied together. */
  take(index: number, logits: Float32Array, hidden: Float32Array): void {
    const wanted = this.contents.length - this.firstWanted;
    if (wanted === 1) {
      this.outputs = { logits, hidden };
      return;
    }
    if (this.outputs.hidden.length === 0)
      this.outputs = {
        logits: new Float32Array(wanted * logits.length),
        hidden: new Float32Array(wanted * hidden.length),
      };
    const row = index - this.firstWanted;
    this.outputs.logits.set(logits, row * logits.length);
    this.outputs.hidden.set(hidden, row * hidden.length);
  }

  /** The holder of the pin on `start` now holds one on the whole path to the tip. */
  succeed(): void {
    this.isSettled = true;
    this.resolve({ ...this.outputs, reused: this.reused, tip: this.tip });
  }

  fail(reason: unknown): void {
    this.isSettled = true;
    this.rejectOutcome(reason);
  }
}
