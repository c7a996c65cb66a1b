/** Makes a pair of versions smaller by dropping unchanged lines far from every change. */
import { joinLines, type Region, regions, splitLines } from './line-diff.ts';
import type { CodePair } from './prompts/family.ts';

/** The pair with at most `context` unchanged lines on each side of a change. */
export function trimContext(pair: CodePair, context: number): CodePair {
  const all = regions(splitLines(pair.a), splitLines(pair.b));
  const kept = all.map((region, index) =>
    region.same
      ? trimRegion(region.a, index > 0 ? context : 0, index < all.length - 1 ? context : 0)
      : region,
  );
  return { ...pair, a: joinLines(kept.flatMap(({ a }) => a)), b: joinLines(kept.flatMap(({ b }) => b)) };
}

/** The first `head` and the last `tail` lines of a shared region. */
function trimRegion(lines: string[], head: number, tail: number): Region {
  const kept =
    lines.length <= head + tail ? lines : [...lines.slice(0, head), ...lines.slice(lines.length - tail)];
  return { same: true, a: kept, b: kept };
}
