/**
 * One forward over new positions of several requests: their nodes in the trie, the tree mask, and where each
 * request's outputs are. Positions that two requests have in common are evaluated once.
 */
import type { Decoder, ForwardOutput } from '../session.ts';
import type { KvTrie, TrieNode } from '../trie/kv-trie.ts';
import type { EvaluationRequest } from './request.ts';
import type { TreeMask } from './tree-mask.ts';

/** What one request contributes, and how it stood before. */
interface Share {
  request: EvaluationRequest;
  tip: TrieNode;
  done: number;
  reused: number;
  /** The share's first row. */
  from: number;
  outputs: { index: number; row: number }[];
}

export class ForwardPlan {
  private readonly trie: KvTrie;
  private readonly shares: Share[] = [];
  /** What each row evaluates: a new node, or a replay of a cached one. */
  private readonly nodes: TrieNode[] = [];
  /** The row that evaluates a node of the trie. */
  private readonly rowOf = new Map<TrieNode, number>();
  private replays = 0;

  constructor(trie: KvTrie) {
    this.trie = trie;
  }

  get rows(): number {
    return this.nodes.length;
  }

  get requests(): EvaluationRequest[] {
    return this.shares.map(({ request }) => request);
  }

  /** Takes up to `share` new positions of a request. False, and nothing happens, if the cache cannot hold them. */
  add(request: EvaluationRequest, share: number): boolean {
    const { tip, done, reused } = request;
    const entry: Share = { request, tip, done, reused, from: this.rows, outputs: [] };
    this.shares.push(entry);
    for (let left = share; request.done < request.contents.length; request.done++) {
      const content = request.contents[request.done]!;
      const isWanted = request.wants(request.done);
      let next = this.trie.child(request.tip, content);
      if (next === undefined || (isWanted && !this.rowOf.has(next))) {
        if (left-- === 0) break;
        next = this.evaluate(request.tip, content, next);
      } else request.reused++;
      if (isWanted) entry.outputs.push({ index: request.done, row: this.rowOf.get(next)! });
      this.trie.pin(next, request.tip);
      request.tip = next;
    }
    if (this.trie.size.pinned + this.replays <= this.trie.limit) return true;
    this.undoLast();
    return false;
  }

  /** A cached node whose outputs are wanted is evaluated again: outputs are not kept. */
  private evaluate(parent: TrieNode, content: TrieNode['content'], cached: TrieNode | undefined): TrieNode {
    const evaluated = cached === undefined ? this.trie.extend(parent, content) : this.trie.replay(cached);
    if (cached !== undefined) this.replays++;
    this.rowOf.set(cached ?? evaluated, this.nodes.length);
    this.nodes.push(evaluated);
    return cached ?? evaluated;
  }

  /** Takes slots and runs; the caller has made room. */
  run(decoder: Decoder, mask: TreeMask): Promise<ForwardOutput> {
    const past = this.trie.end;
    this.trie.place(this.nodes);
    return decoder.forward({
      contents: this.nodes.map(({ content }) => content as number | Float32Array),
      positions: this.nodes.map(({ position }) => position),
      past,
      mask: mask.build(this.nodes, past),
      rows: this.logitsRows,
    });
  }

  private get logitsRows(): number[] {
    const rows = this.shares.flatMap(({ request, outputs }) => (request.head ? outputs : []));
    return [...new Set(rows.map(({ row }) => row))];
  }

  /** Hands the outputs to the requests; the new nodes stay in the trie. */
  commit({ logits, hidden }: ForwardOutput, { vocabSize, hiddenSize }: Decoder['spec']): void {
    const logitsAt = new Map(this.logitsRows.map((row, at) => [row, at]));
    for (const { request, outputs } of this.shares)
      for (const { index, row } of outputs) {
        const at = request.head ? logitsAt.get(row)! : 0;
        const width = request.head ? vocabSize : 0;
        request.take(
          index,
          logits.subarray(at * vocabSize, at * vocabSize + width),
          hidden.subarray(row * hiddenSize, (row + 1) * hiddenSize),
        );
      }
    for (const node of this.nodes) if (this.isReplay(node)) this.trie.remove(node);
  }

  /** Leaves trie and requests as they were before. */
  undo(): void {
    while (this.shares.length > 0) this.undoLast();
  }

  private undoLast(): void {
    const { request, tip, done, reused, from } = this.shares.pop()!;
    this.trie.unpin(request.tip, tip);
    Object.assign(request, { tip, done, reused });
    for (const node of this.nodes.splice(from).reverse()) {
      if (this.isReplay(node)) this.replays--;
      this.trie.remove(node);
    }
    for (const [node, row] of this.rowOf) if (row >= from) this.rowOf.delete(node);
  }

  private isReplay(node: TrieNode): boolean {
    return !this.rowOf.has(node);
  }
}
