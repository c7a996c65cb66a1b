/** The statistics that figures are made of. Shares and intervals are between 0 and 1. */
import { seededRandom } from '../runtime/sampling.ts';

export type Interval = [low: number, high: number];

/** The value that 95 % of a normal distribution lie within, in standard deviations. */
const Z = 1.959963984540054;
const RESAMPLES = 1000;

export const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

/** 0 of nothing. */
export const mean = (values: number[]): number => (values.length === 0 ? 0 : sum(values) / values.length);

export const share = <Item>(items: Item[], test: (item: Item) => boolean): number =>
  items.length === 0 ? 0 : items.filter(test).length / items.length;

/** The upper of the two middle values where there are two; 0 of nothing. */
export const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

export function groupBy<Item>(items: Item[], key: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** Wilson's 95 % interval of a share seen in `count` independent observations; all there is where there are none. */
export function wilson(observed: number, count: number): Interval {
  if (count === 0) return [0, 1];
  const square = Z ** 2 / count;
  const middle = (observed + square / 2) / (1 + square);
  const half = (Z / (1 + square)) * Math.sqrt((observed * (1 - observed)) / count + square / (4 * count));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** Pearson's correlation; null where one side does not vary. */
export function correlation(x: number[], y: number[]): number | null {
  const [meanX, meanY] = [mean(x), mean(y)];
  const [dx, dy] = [x.map((value) => value - meanX), y.map((value) => value - meanY)];
  const scale = Math.sqrt(sum(dx.map((value) => value ** 2)) * sum(dy.map((value) => value ** 2)));
  return scale === 0 ? null : sum(dx.map((value, index) => value * dy[index]!)) / scale;
}

/**
 * 95 % intervals of statistics whose distribution no formula gives, by the percentiles of resamples with replacement.
 * Whole clusters are drawn, as what belongs to one prompt is not independent; one may be drawn more than once.
 */
export function bootstrap<Cluster>(
  clusters: Cluster[],
  statistics: (drawn: Cluster[]) => Record<string, number>,
  seed: number,
): Record<string, Interval> {
  const random = seededRandom(seed);
  const draws = new Map<string, number[]>();
  for (let resample = 0; resample < RESAMPLES; resample++) {
    const drawn = clusters.map(() => clusters[Math.floor(random() * clusters.length)]!);
    for (const [name, value] of Object.entries(statistics(drawn))) {
      const values = draws.get(name);
      if (values === undefined) draws.set(name, [value]);
      else values.push(value);
    }
  }
  return Object.fromEntries([...draws].map(([name, values]) => [name, percentiles(values)]));
}

function percentiles(values: number[]): Interval {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.round(part * (sorted.length - 1))]!;
  return [at(0.025), at(0.975)];
}
