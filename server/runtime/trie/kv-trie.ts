/**
 * The KV trie: every cached position is a node, a sequence is a path from the root, and what sequences have in common
 * is stored once (prefix reuse as in SGLang's RadixAttention, arXiv 2312.07104, with tree attention as in SpecInfer,
 * arXiv 2305.09781). It knows no tensors: it says which slots positions take and which to move.
 */
import { type Cell, type Move, Slots } from './slots.ts';

/** What a position holds: a token id, equal by value; a latent vector or a spliced cell, equal by identity. */
export type Content = number | Float32Array | Cell;

export class TrieNode {
  readonly parent: TrieNode | undefined;
  readonly content: Content;
  /** RoPE position; −1 at the root. */
  readonly position: number;
  readonly cell: Cell;
  readonly children: TrieNode[] = [];
  /** Holders of this node or of one below it. */
  pins = 0;
  lastUse = 0;

  constructor(parent: TrieNode | undefined, content: Content, position: number, cell: Cell) {
    this.parent = parent;
    this.content = content;
    this.position = position;
    this.cell = cell;
  }
}

/** How the cache must change before the next positions can be placed. */
export interface Arrangement {
  capacity: number;
  moves: Move[];
}

/** In positions; each takes the same number of bytes. */
export interface TrieSize {
  live: number;
  pinned: number;
  /** What evicting would free. */
  evictable: number;
  capacity: number;
}

/** Slots grow by doubling from here, so that short prompts do not reserve the whole context. */
const FIRST_CAPACITY = 256;

/** Evicting goes this share of the limit further than it must, so that it is not due again with each position. */
const EVICTION_SLACK = 1 / 32;

export class KvTrie {
  readonly root = new TrieNode(undefined, -1, -1, newCell());
  /** The most positions the cache may hold. */
  readonly limit: number;
  private readonly slots = new Slots();
  private live = 0;
  private pinned = 0;
  private clock = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get size(): TrieSize {
    const { live, pinned } = this;
    return { live, pinned, evictable: live - pinned, capacity: this.slots.capacity };
  }

  /** Slots that attention reads in the next forward, before its new positions. */
  get end(): number {
    return this.slots.end;
  }

  child(node: TrieNode, content: Content): TrieNode | undefined {
    return node.children.find((child) => child.content === content);
  }

  /** The longest cached path below `node` that spells `contents` from index `from` on: its end and its length. */
  match(
    node: TrieNode,
    contents: readonly Content[],
    from = 0,
    until = contents.length,
  ): { node: TrieNode; length: number } {
    let length = 0;
    for (let index = from; index < until; index++, length++) {
      const next = this.child(node, contents[index]!);
      if (next === undefined) break;
      node = next;
    }
    return { node, length };
  }

  /** A new position below `parent`; two with different contents fork it. It has no slot until `place`. */
  extend(parent: TrieNode, content: Content): TrieNode {
    if (this.child(parent, content) !== undefined) throw new Error('The position is cached already.');
    return this.add(parent, content, parent.position + 1, this.newLiveCell());
  }

  /**
   * The same position once more, for its outputs alone: it is part of no path, and `remove` takes it away.
   */
  replay({ parent, content, position }: TrieNode): TrieNode {
    return new TrieNode(parent, content, position, this.newLiveCell());
  }

  /**
   * Attaches positions computed elsewhere below `parent`, as working memory: the new nodes share the keys and values
   * of the old ones, which keep the RoPE position they were computed at. Returns the last new node.
   * @throws Error if a position is not placed, or this memory already hangs here.
   */
  splice(parent: TrieNode, sources: readonly TrieNode[]): TrieNode {
    if (sources.some(({ cell }) => cell.slot < 0)) throw new Error('A spliced position must be cached.');
    let node = parent;
    for (const { cell, position } of sources)
      node = this.child(node, cell) ?? this.add(node, cell, position, cell);
    return node;
  }

  private add(parent: TrieNode, content: Content, position: number, cell: Cell): TrieNode {
    const node = new TrieNode(parent, content, position, cell);
    cell.owners++;
    node.lastUse = ++this.clock;
    parent.children.push(node);
    return node;
  }

  private newLiveCell(): Cell {
    this.live++;
    return newCell();
  }

  /** Puts new positions into slots, in this order, each after those it descends from. `makeRoom` comes first. */
  place(nodes: readonly TrieNode[]): void {
    for (const { cell } of nodes) this.slots.append(cell);
  }

  /** Takes an unpinned leaf (or a replay) away; its slot is free unless a spliced node shares it. */
  remove(node: TrieNode): void {
    const { parent, cell } = node;
    if (node.pins > 0 || node.children.length > 0 || parent === undefined)
      throw new Error('Only an unpinned leaf can be removed.');
    const place = parent.children.indexOf(node);
    if (place >= 0) {
      parent.children.splice(place, 1);
      cell.owners--;
    }
    if (cell.owners > 0) return;
    this.live--;
    if (cell.slot >= 0) this.slots.remove(cell);
  }

  /** Holds the path from below `above` (without it: from the root) to `node`: it is not evicted until unpinned. */
  pin(node: TrieNode, above: TrieNode = this.root): void {
    for (const each of path(node, above))
      if (each.pins++ === 0 && each.cell.pinnedOwners++ === 0) {
        this.pinned++;
        this.slots.countPin(each.cell, 1);
      }
  }

  /** Undoes one `pin` of the same path, and notes the path's use. */
  unpin(node: TrieNode, above: TrieNode = this.root): void {
    this.clock++;
    for (const each of path(node, above)) {
      if (each.pins === 0) throw new Error('The position is not pinned.');
      each.lastUse = this.clock;
      if (--each.pins === 0 && --each.cell.pinnedOwners === 0) {
        this.pinned--;
        this.slots.countPin(each.cell, -1);
      }
    }
  }

  /** Removes a path from its end up to, but without, `above`, as far as nothing else needs it. */
  prune(node: TrieNode, above: TrieNode): void {
    for (let at = node; at !== above && isUnpinnedLeaf(at); at = at.parent!) this.remove(at);
  }

  /** Removes the least recently used unpinned leaves until `count` positions are free or none is left. */
  evict(count: number): number {
    const before = this.live;
    const leaves = this.unpinnedLeaves().sort((a, b) => b.lastUse - a.lastUse);
    while (before - this.live < count) {
      const node = leaves.pop();
      if (node === undefined) break;
      this.remove(node);
      const parent = node.parent!;
      if (isUnpinnedLeaf(parent)) insertByUse(leaves, parent);
    }
    return before - this.live;
  }

  private unpinnedLeaves(): TrieNode[] {
    const leaves: TrieNode[] = [];
    const open = [this.root];
    for (let node = open.pop(); node !== undefined; node = open.pop())
      if (isUnpinnedLeaf(node)) leaves.push(node);
      else open.push(...node.children);
    return leaves;
  }

  /**
   * Readies `count` slots behind what is pinned, and all that is pinned in what attention reads: grows the cache up to
   * its limit, then evicts. Undefined if the cache can stay as it is.
   * The caller sees to it that pinned and new positions fit the limit together.
   */
  makeRoom(count: number): Arrangement | undefined {
    const shortage = this.slots.live + count - this.limit;
    if (shortage > 0) this.evict(shortage + Math.floor(this.limit * EVICTION_SLACK));
    const pays = this.slots.paysToArrange(count);
    if (this.slots.free >= count && !this.slots.lacksNeeded && !pays) return undefined;
    return this.arrange(this.capacityFor(this.slots.live + count));
  }

  /** Evicts down to `positions` where pins allow, and gives back the capacity that is not needed then. */
  shrink(positions: number): Arrangement {
    this.evict(this.live - positions);
    const { live } = this.slots;
    return this.arrange(live === 0 ? 0 : Math.min(this.slots.capacity, this.doubled(live)));
  }

  private arrange(capacity: number): Arrangement {
    return { capacity, moves: this.slots.arrange(capacity) };
  }

  private capacityFor(slots: number): number {
    return slots <= this.slots.capacity ? this.slots.capacity : this.doubled(slots);
  }

  private doubled(slots: number): number {
    return Math.min(this.limit, Math.max(FIRST_CAPACITY, 2 ** Math.ceil(Math.log2(slots))));
  }
}

const newCell = (): Cell => ({ slot: -1, owners: 0, pinnedOwners: 0 });

/** From a node up to, but without, `above`. */
export function* path(node: TrieNode, above: TrieNode): Generator<TrieNode> {
  for (let at: TrieNode = node; at !== above && at.parent !== undefined; at = at.parent) yield at;
}

const isUnpinnedLeaf = ({ pins, children, parent }: TrieNode): boolean =>
  pins === 0 && children.length === 0 && parent !== undefined;

/** Keeps a list sorted by last use, the latest first. */
function insertByUse(list: TrieNode[], node: TrieNode): void {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.lastUse > node.lastUse) low = middle + 1;
    else high = middle;
  }
  list.splice(low, 0, node);
}
