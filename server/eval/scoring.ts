/**
 * From readings to points, as the benchmarks' scripts for generative judges do it. Those scripts read each comparison
 * once, in an order drawn by chance; Verity reads both. Hence three scores: one order drawn by the seed (the scripts'
 * protocol), the mean of both orders (what that protocol gives on average), and right in both orders (what a user of
 * Verity sees as a right verdict).
 */
import { type Comparison, keyOf, sha256 } from './comparison.ts';
import { type Ended, isJudged, type Reading } from './outcome.ts';
import { mean } from './statistics.ts';

/** What one output earns, given the letter under which it was shown the better text. */
export type Points = (output: string, right: 'A' | 'B') => number;

const has = (output: string, letter: 'A' | 'B'): boolean => output.includes(`[[${letter}]]`);

/** RM-R1's scripts for RM-Bench and RMB: 1 for the right marker alone, 0 for all else. */
export const oneMarker: Points = (output, right) =>
  has(output, right) && !has(output, right === 'A' ? 'B' : 'A') ? 1 : 0;

/** RewardBench: `[[A]]` anywhere counts, else `[[B]]`; an output without a marker is worth `unread`. */
export const firstMarker =
  (unread: number): Points =>
  (output, right) => {
    const read = has(output, 'A') ? 'A' : has(output, 'B') ? 'B' : undefined;
    if (read === undefined) return unread;
    return read === right ? 1 : 0;
  };

export const PROTOCOLS = ['oneOrder', 'meanOfOrders', 'bothOrders'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export interface Scored<Item extends Comparison = Comparison> {
  comparison: Item;
  /** 0–1. */
  score: number;
}

/** @param unjudged what a comparison that was not judged is worth; without it, such comparisons are left out. */
export function scoreAll<Item extends Comparison>(
  all: Ended<Item>[],
  points: Points,
  protocol: Protocol,
  seed: number,
  unjudged?: number,
): Scored<Item>[] {
  return all.flatMap((ended): Scored<Item>[] => {
    const { comparison, good } = ended;
    if (!isJudged(ended)) return unjudged === undefined ? [] : [{ comparison, score: unjudged }];
    const earned = ended.outcome.readings.map((reading) => points(reading.output, shownAs(good, reading)));
    return [{ comparison, score: combine(earned, protocol, () => drawnOrder(ended, seed)) }];
  });
}

/** In order BA the letters are exchanged. */
const shownAs = (good: 'A' | 'B', { order }: Reading): 'A' | 'B' =>
  order === 'AB' ? good : good === 'A' ? 'B' : 'A';

function combine(earned: number[], protocol: Protocol, drawn: () => number): number {
  if (protocol === 'meanOfOrders') return mean(earned);
  if (protocol === 'bothOrders') return earned.every((one) => one === 1) ? 1 : 0;
  return earned[drawn() % earned.length]!;
}

/** A coin that hangs on the seed and the comparison alone, not on what else is judged. */
const drawnOrder = (ended: Ended, seed: number): number =>
  Number.parseInt(sha256(`${seed} ${keyOf(ended)}`).slice(0, 8), 16);
