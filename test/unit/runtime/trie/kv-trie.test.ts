/** The KV trie as a data structure: matching, pins, eviction, splices, and where positions lie. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Arrangement, KvTrie, path, type TrieNode } from '../../../../server/runtime/trie/kv-trie.ts';

const LIMIT = 64;

/** Extends a path by new positions and places them. */
function grow(trie: KvTrie, parent: TrieNode, contents: number[]): TrieNode {
  trie.makeRoom(contents.length);
  return contents.reduce((node, content) => {
    const next = trie.extend(node, content);
    trie.place([next]);
    return next;
  }, parent);
}

describe('match', () => {
  it('finds the longest cached prefix, from any index on', () => {
    const trie = new KvTrie(LIMIT);
    const end = grow(trie, trie.root, [1, 2, 3]);
    expect(trie.match(trie.root, [1, 2, 9])).toEqual({ node: end.parent, length: 2 });
    expect(trie.match(trie.root, [7, 7, 1, 2, 3, 4], 2)).toEqual({ node: end, length: 3 });
    expect(trie.match(trie.root, [1, 2, 3], 0, 1).length).toBe(1);
    expect(trie.match(trie.root, [2]).length).toBe(0);
  });

  it('tells latent vectors apart by identity, not by value', () => {
    const trie = new KvTrie(LIMIT);
    const [one, same] = [Float32Array.of(1), Float32Array.of(1)];
    const node = trie.extend(trie.root, one);
    expect(trie.child(trie.root, one)).toBe(node);
    expect(trie.child(trie.root, same)).toBeUndefined();
  });
});

describe('extend', () => {
  it('forks, and gives each node the position after its parent’s', () => {
    const trie = new KvTrie(LIMIT);
    const fork = grow(trie, trie.root, [1, 2]);
    const [a, b] = [grow(trie, fork, [3]), grow(trie, fork, [4])];
    expect([fork.position, a.position, b.position]).toEqual([1, 2, 2]);
    expect(fork.children).toEqual([a, b]);
    expect(trie.size.live).toBe(4);
  });

  it('refuses a position that is there already', () => {
    const trie = new KvTrie(LIMIT);
    trie.extend(trie.root, 1);
    expect(() => trie.extend(trie.root, 1)).toThrow(/cached already/);
  });
});

describe('pin', () => {
  it('counts holders up to the root', () => {
    const trie = new KvTrie(LIMIT);
    const fork = grow(trie, trie.root, [1, 2]);
    const [a, b] = [grow(trie, fork, [3]), grow(trie, fork, [4])];
    trie.pin(a);
    trie.pin(b);
    expect(trie.size).toMatchObject({ pinned: 4, evictable: 0 });
    trie.unpin(a);
    expect(trie.size).toMatchObject({ pinned: 3, evictable: 1 });
    expect(fork.pins).toBe(1);
    trie.unpin(b);
    expect(trie.size).toMatchObject({ pinned: 0, evictable: 4 });
    expect(() => trie.unpin(b)).toThrow(/not pinned/);
  });

  it('holds a part of a path below a node held by another', () => {
    const trie = new KvTrie(LIMIT);
    const top = grow(trie, trie.root, [1, 2]);
    trie.pin(top);
    const tip = grow(trie, top, [3, 4]);
    trie.pin(tip, top);
    expect([...path(tip, trie.root)].map(({ pins }) => pins)).toEqual([1, 1, 1, 1]);
    trie.unpin(tip);
    expect(trie.size.pinned).toBe(0);
  });
});

describe('evict', () => {
  it('takes the least recently used leaves, then their parents, and no more than asked', () => {
    const trie = new KvTrie(LIMIT);
    const fork = grow(trie, trie.root, [1]);
    const [old, fresh] = [grow(trie, fork, [2, 3]), grow(trie, fork, [4])];
    expect(trie.evict(2)).toBe(2);
    expect(trie.match(fork, [2]).length).toBe(0);
    expect(fork.children).toEqual([fresh]);
    expect(old.children).toEqual([]);
    expect(trie.evict(9)).toBe(2);
    expect(trie.size.live).toBe(0);
  });

  it('counts a release as a use', () => {
    const trie = new KvTrie(LIMIT);
    const first = grow(trie, trie.root, [1]);
    const second = grow(trie, trie.root, [2]);
    trie.pin(first);
    trie.unpin(first);
    trie.evict(1);
    expect(trie.root.children).toEqual([first]);
    expect(second.children).toEqual([]);
  });

  it('leaves pinned paths and what they hang on', () => {
    const trie = new KvTrie(LIMIT);
    const tip = grow(trie, trie.root, [1, 2]);
    grow(trie, tip, [3]);
    trie.pin(tip);
    expect(trie.evict(LIMIT)).toBe(1);
    expect(trie.match(trie.root, [1, 2, 3]).length).toBe(2);
  });
});

describe('splice', () => {
  it('shares keys and values, keeps their positions, and frees them with the last of both', () => {
    const trie = new KvTrie(LIMIT);
    const source = grow(trie, trie.root, [1, 2, 3]);
    const parent = grow(trie, trie.root, [9]);
    const spliced = trie.splice(parent, [source.parent!, source]);
    expect(trie.size.live).toBe(4);
    expect(spliced.position).toBe(2);
    expect(trie.extend(spliced, 5).position).toBe(3);
    expect(trie.splice(parent, [source.parent!, source])).toBe(spliced);
    trie.pin(spliced);
    trie.remove(source);
    expect(trie.size).toMatchObject({ live: 5, pinned: 3 });
    trie.unpin(spliced);
    trie.evict(LIMIT);
    expect(trie.size.live).toBe(0);
  });

  it('refuses positions that are not cached yet', () => {
    const trie = new KvTrie(LIMIT);
    expect(() => trie.splice(trie.root, [trie.extend(trie.root, 1)])).toThrow(/must be cached/);
  });
});

describe('remove', () => {
  it('refuses what is pinned or has children, and the root', () => {
    const trie = new KvTrie(LIMIT);
    const tip = grow(trie, trie.root, [1, 2]);
    trie.pin(tip);
    for (const node of [tip, tip.parent!, trie.root])
      expect(() => trie.remove(node)).toThrow(/unpinned leaf/);
  });
});

describe('makeRoom', () => {
  it('parks what nobody holds as soon as reading it has cost as much as moving it', () => {
    const trie = new KvTrie(4096);
    const idle = grow(trie, trie.root, [...Array(1000).keys()]);
    let tip = trie.root;
    let wasted = 0;
    for (let step = 0; trie.end >= 1000; step++) {
      wasted += 1000;
      const next = grow(trie, tip, [5000 + step]);
      trie.pin(next, tip);
      tip = next;
    }
    // Moving a slot costs as much as reading it 16 times, beside a fixed price.
    expect(wasted).toBeGreaterThanOrEqual(16 * 1000);
    expect(wasted).toBeLessThanOrEqual(18 * 1000);
    expect(trie.end).toBeLessThan(20);
    expect(trie.size.live).toBe(1000 + trie.end);
    // Held again, it comes back.
    trie.pin(idle);
    const held = trie.size.pinned;
    trie.makeRoom(1);
    expect(trie.end).toBe(held);
  });

  it('doubles the capacity up to the limit, then evicts', () => {
    const trie = new KvTrie(1000);
    const capacities = new Set<number>();
    let tip = trie.root;
    for (let token = 0; token < 900; token++) {
      tip = grow(trie, tip, [token]);
      capacities.add(trie.size.capacity);
    }
    expect([...capacities]).toEqual([256, 512, 1000]);
    trie.pin(tip);
    const other = grow(
      trie,
      trie.root,
      [...Array(100).keys()].map((content) => content + 1000),
    );
    trie.pin(other.parent!.parent!);
    trie.makeRoom(1);
    expect(trie.size.live).toBe(998);
  });

  type Step = { do: 'grow' | 'pin' | 'unpin' | 'room' | 'shrink' | 'splice'; at: number; count: number };
  const step: fc.Arbitrary<Step> = fc.record({
    do: fc.constantFrom('grow', 'grow', 'grow', 'pin', 'unpin', 'room', 'shrink', 'splice'),
    at: fc.nat(1000),
    count: fc.nat(9),
  });

  it('keeps every position in a slot of its own whose content moves with it, needed ones in the working zone', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (list) => {
        const trie = new KvTrie(LIMIT);
        let memory: unknown[] = [];
        const apply = (arrangement: Arrangement | undefined) => {
          if (arrangement === undefined) return;
          const { capacity, moves } = arrangement;
          const next = capacity === memory.length ? [...memory] : Array.from({ length: capacity });
          for (const { from, to, count } of moves)
            for (let i = 0; i < count; i++) next[to + i] = memory[from + i];
          memory = next;
        };
        let fresh = 0;
        const pinned: TrieNode[] = [];
        for (const { do: what, at, count } of list) {
          const nodes = [trie.root, ...descendants(trie.root)];
          const node = nodes[at % nodes.length]!;
          const room = LIMIT - trie.size.pinned - [...path(node, trie.root)].length;
          if (what === 'pin') {
            trie.pin(node);
            pinned.push(node);
          } else if (what === 'unpin' && pinned.length > 0) {
            trie.unpin(pinned.splice(at % pinned.length, 1)[0]!);
          } else if (what === 'shrink') apply(trie.shrink(count * 4));
          else if (what === 'splice') trie.splice(node, [...path(nodes.at(-1)!, trie.root)].slice(0, count));
          else if (count <= room) {
            // The one who asks holds the path it goes on from.
            trie.pin(node);
            apply(trie.makeRoom(count));
            const held = [node, ...pinned].flatMap((tip) => [...path(tip, trie.root)]);
            expect(held.every(({ cell }) => cell.slot < trie.end)).toBe(true);
            if (what === 'grow')
              for (let i = 0, tip = node; i < count; i++) {
                tip = trie.extend(tip, ++fresh);
                trie.place([tip]);
                memory[tip.cell.slot] = tip.cell;
              }
            trie.unpin(node);
          }
          const cells = new Set(descendants(trie.root).map(({ cell }) => cell));
          expect(trie.size.live).toBe(cells.size);
          expect(trie.size.live).toBeLessThanOrEqual(LIMIT);
          expect([...cells].every((cell) => memory[cell.slot] === cell)).toBe(true);
        }
        for (const node of pinned) trie.unpin(node);
        apply(trie.shrink(0));
        expect(trie.size).toEqual({ live: 0, pinned: 0, evictable: 0, capacity: 0 });
        expect(memory).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

function descendants(node: TrieNode): TrieNode[] {
  return node.children.flatMap((child) => [child, ...descendants(child)]);
}
