/**
 * Makes a pair of versions smaller, the least important first: code from elsewhere, then unchanged lines far from every
 * change.
 */
import { joinLines, type Region, regions, splitLines } from './line-diff.ts';
import type { CodePair } from './prompts/family.ts';
import type { Surrounding } from './surroundings.ts';

/** Unchanged lines on each side of a change that belong to it: of the function around it, at most so many. */
export const MAX_CONTEXT = 24;

/**
 * The pair with at most `context` unchanged lines on each side of a change. Code from elsewhere goes before the hunk's
 * own function is touched, its last pieces first and whole.
 */
export function trimContext(pair: CodePair, context: number): CodePair {
  const all = regions(splitLines(pair.a), splitLines(pair.b));
  const kept = all.map((region, index) =>
    region.same
      ? trimRegion(region.a, index > 0 ? context : 0, index < all.length - 1 ? context : 0)
      : region,
  );
  return {
    ...pair,
    a: joinLines(kept.flatMap(({ a }) => a)),
    b: joinLines(kept.flatMap(({ b }) => b)),
    ...(pair.surroundings && { surroundings: firstPieces(pair.surroundings, context - MAX_CONTEXT) }),
  };
}

/** The first pieces that together have at most so many lines. */
function firstPieces(pieces: readonly Surrounding[], room: number): Surrounding[] {
  const kept: Surrounding[] = [];
  for (const piece of pieces) {
    room -= splitLines(piece.text).length;
    if (room < 0) break;
    kept.push(piece);
  }
  return kept;
}

/** The first `head` and the last `tail` lines of a shared region. */
function trimRegion(lines: string[], head: number, tail: number): Region {
  const kept =
    lines.length <= head + tail ? lines : [...lines.slice(0, head), ...lines.slice(lines.length - tail)];
  return { same: true, a: kept, b: kept };
}
