/**
 * The tree mask of a forward, [rows × (past + rows)]: 0 where a row sees a slot, −∞ where not. A row sees what its
 * parent sees, and itself. So most rows are copies: of the parent's row in this forward, or in the last one, which
 * spares a decoding step the walk up its path.
 */
import type { TrieNode } from '../trie/kv-trie.ts';

interface Built {
  values: Float32Array;
  total: number;
  rowOf: Map<TrieNode, number>;
}

export class TreeMask {
  /** Memory of the last mask and of the one before, in turn. */
  private buffers = [new Float32Array(), new Float32Array()];
  private last: Built | undefined;

  /** The mask of rows that evaluate these nodes, in slots from `past` on. It holds until the next but one is built. */
  build(nodes: readonly TrieNode[], past: number): Float32Array {
    const total = past + nodes.length;
    const values = this.memory(nodes.length * total);
    const rowOf = new Map<TrieNode, number>();
    for (const [row, node] of nodes.entries()) {
      const mask = values.subarray(row * total, (row + 1) * total);
      const before = rowOf.get(node.parent!);
      if (before !== undefined) mask.set(values.subarray(before * total, (before + 1) * total));
      else this.show(node.parent!, mask);
      mask[node.cell.slot] = 0;
      rowOf.set(node, row);
    }
    this.last = { values, total, rowOf };
    return values;
  }

  /** Slots have moved: what was built says nothing any more. */
  forget(): void {
    this.last = undefined;
  }

  /** Shows the path to `node` alone. */
  private show(node: TrieNode, mask: Float32Array): void {
    const row = this.last?.rowOf.get(node);
    if (this.last === undefined || row === undefined) {
      mask.fill(-Infinity);
      for (let at = node; at.parent !== undefined; at = at.parent) mask[at.cell.slot] = 0;
      return;
    }
    const { values, total } = this.last;
    const shared = Math.min(total, mask.length);
    mask.set(values.subarray(row * total, row * total + shared));
    mask.fill(-Infinity, shared);
  }

  private memory(size: number): Float32Array {
    this.buffers.reverse();
    if (this.buffers[0]!.length < size) this.buffers[0] = new Float32Array(2 ** Math.ceil(Math.log2(size)));
    return this.buffers[0]!.subarray(0, size);
  }
}
