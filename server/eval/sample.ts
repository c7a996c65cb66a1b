/** Which of a benchmark's items are judged. */
import { seededRandom } from '../runtime/sampling.ts';
import type { Comparison, Placed } from './comparison.ts';
import { groupBy } from './statistics.ts';

/**
 * The first `limit` items, in the file's order or, with a seed, in a random order that is the same each time. An item
 * is taken with all its comparisons.
 */
export function sampleItems<Item extends Comparison>(
  placed: Placed<Item>[],
  { limit = Infinity, seed }: { limit?: number | undefined; seed?: number | undefined },
): Placed<Item>[] {
  const items = [...groupBy(placed, ({ comparison }) => comparison.item).values()];
  return (seed === undefined ? items : shuffled(items, seededRandom(seed))).slice(0, limit).flat();
}

/** Fisher and Yates. */
function shuffled<Item>(items: Item[], random: () => number): Item[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
