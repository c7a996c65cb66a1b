/** A pinned path in the KV trie that grows at its tip: what a generation, a beam or an agent holds. */
import type { TrieNode } from '../trie/kv-trie.ts';
import type { EvaluateOptions, Outputs } from './request.ts';
import type { Priority } from './policy.ts';

/** What a branch asks of its engine. */
export interface BranchHost {
  evaluate(
    start: TrieNode,
    contents: readonly (number | Float32Array)[],
    priority: Priority,
    options: EvaluateOptions,
  ): Promise<Outputs & { tip: TrieNode }>;
  splice(start: TrieNode, sources: readonly TrieNode[]): TrieNode;
  pin(node: TrieNode): void;
  unpin(node: TrieNode, above?: TrieNode): void;
  drop(node: TrieNode, above: TrieNode): void;
}

/** The room that a branch and its forks reserved together. */
export interface Reservation {
  holders: number;
  release: () => void;
}

export class Branch {
  private readonly host: BranchHost;
  private readonly reservation: Reservation;
  private readonly priority: Priority;
  private tip: TrieNode;
  private isAppending = false;
  private isReleased = false;

  /** Takes over a pin on `tip`. */
  constructor(host: BranchHost, reservation: Reservation, priority: Priority, tip: TrieNode) {
    this.host = host;
    this.reservation = reservation;
    this.priority = priority;
    this.tip = tip;
    reservation.holders++;
  }

  /** Number of positions on the path. */
  get length(): number {
    let length = 0;
    for (let node = this.tip; node.parent !== undefined; node = node.parent) length++;
    return length;
  }

  /** The path's nodes from the root's child to the tip: what `splice` takes. */
  get nodes(): TrieNode[] {
    const nodes: TrieNode[] = [];
    for (let node = this.tip; node.parent !== undefined; node = node.parent) nodes.push(node);
    return nodes.reverse();
  }

  /**
   * Goes on with token ids or [hiddenSize] latent vectors; what is cached already is not evaluated again.
   * @returns logits and hidden states of the wanted rows, see `EvaluateOptions`.
   * @throws VerityError badInput, contextOverflow, badModel (values that are not numbers) or busy (no room); the
   *   signal's reason. The branch is then where it was.
   */
  async append(
    contents: readonly (number | Float32Array)[],
    options: EvaluateOptions = {},
  ): Promise<Outputs> {
    if (this.isAppending || this.isReleased)
      throw new Error('The branch is in use or released; fork it first.');
    this.isAppending = true;
    try {
      const { tip, ...outputs } = await this.host.evaluate(this.tip, contents, this.priority, options);
      this.tip = tip;
      return outputs;
    } finally {
      this.isAppending = false;
    }
  }

  /** Attaches positions of another branch as working memory, without evaluating anything. */
  splice(sources: readonly TrieNode[]): void {
    this.tip = this.host.splice(this.tip, sources);
  }

  /** A second branch at the same tip, in the same reserved room. */
  fork(): Branch {
    this.host.pin(this.tip);
    return new Branch(this.host, this.reservation, this.priority, this.tip);
  }

  /** Takes back the last positions; they are forgotten, but for those that other branches share. */
  stepBack(count: number): void {
    let node = this.tip;
    for (let step = 0; step < count && node.parent !== undefined; step++) node = node.parent;
    this.host.drop(this.tip, node);
    this.tip = node;
  }

  /**
   * Lets go of the path; its tokens stay cached until their room is needed. What hangs below a latent vector or a
   * spliced position nobody can spell again, so its room is free at once. Safe to call twice.
   */
  release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    const spelt = this.lastSpelt();
    this.host.drop(this.tip, spelt);
    this.host.unpin(spelt);
    if (--this.reservation.holders === 0) this.reservation.release();
  }

  /** The last node up to which the path consists of tokens. */
  private lastSpelt(): TrieNode {
    let last = this.tip;
    for (let node = this.tip; node.parent !== undefined; node = node.parent)
      if (typeof node.content !== 'number') last = node.parent;
    return last;
  }
}
