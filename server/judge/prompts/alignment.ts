/**
 * Aligns the lines of two versions as Python's difflib.SequenceMatcher does without junk (Ratcliff and Obershelp): the
 * longest common block first, then what lies before and after it. The nano judge's training data was made with it, and
 * Myers' shortest edit script places repeated lines (`}`, a duplicated call) differently.
 */
import { type Region, regions } from '../line-diff.ts';

/** Longer texts never fit the nano judge's context, so how they are aligned makes no difference but in time. */
const MAX_LINES = 1500;

interface Block {
  inA: number;
  inB: number;
  size: number;
}

interface Window {
  aStart: number;
  aEnd: number;
  bStart: number;
  bEnd: number;
}

/** Alternating shared and changed regions, as `regions` gives them, in the training data's alignment. */
export function alignedRegions(a: string[], b: string[]): Region[] {
  if (a.length + b.length > MAX_LINES) return regions(a, b);
  const found: Region[] = [];
  let [inA, inB] = [0, 0];
  for (const block of [...matchingBlocks(a, b), { inA: a.length, inB: b.length, size: 0 }]) {
    const changed = { same: false, a: a.slice(inA, block.inA), b: b.slice(inB, block.inB) };
    if (changed.a.length + changed.b.length > 0) found.push(changed);
    [inA, inB] = [block.inA + block.size, block.inB + block.size];
    if (block.size > 0) found.push({ same: true, a: a.slice(block.inA, inA), b: b.slice(block.inB, inB) });
  }
  return found;
}

/** Common blocks in order of position; blocks that touch in both versions are one. */
function matchingBlocks(a: string[], b: string[]): Block[] {
  const placesInB = new Map<string, number[]>();
  for (const [index, line] of b.entries()) placesInB.set(line, [...(placesInB.get(line) ?? []), index]);
  const blocks: Block[] = [];
  const pending: Window[] = [{ aStart: 0, aEnd: a.length, bStart: 0, bEnd: b.length }];
  for (let window = pending.pop(); window !== undefined; window = pending.pop()) {
    const block = longestBlock(a, placesInB, window);
    if (block.size === 0) continue;
    blocks.push(block);
    pending.push(
      { ...window, aEnd: block.inA, bEnd: block.inB },
      { ...window, aStart: block.inA + block.size, bStart: block.inB + block.size },
    );
  }
  return joinTouching(blocks.sort((one, other) => one.inA - other.inA));
}

/** The longest common block inside the window; of equally long ones the first in A, then the first in B. */
function longestBlock(a: string[], placesInB: Map<string, number[]>, window: Window): Block {
  let best: Block = { inA: window.aStart, inB: window.bStart, size: 0 };
  // Length of the common block that ends at the previous line of A and each line of B.
  let lengths = new Map<number, number>();
  for (let i = window.aStart; i < window.aEnd; i++) {
    const next = new Map<number, number>();
    for (const j of placesInB.get(a[i]!) ?? []) {
      if (j < window.bStart || j >= window.bEnd) continue;
      const size = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > best.size) best = { inA: i - size + 1, inB: j - size + 1, size };
    }
    lengths = next;
  }
  return best;
}

function joinTouching(blocks: Block[]): Block[] {
  const joined: Block[] = [];
  for (const block of blocks) {
    const last = joined.at(-1);
    if (last !== undefined && last.inA + last.size === block.inA && last.inB + last.size === block.inB)
      last.size += block.size;
    else joined.push(block);
  }
  return joined;
}
