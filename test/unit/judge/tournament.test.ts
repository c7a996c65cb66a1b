/** Who meets whom. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Match } from '../../../server/judge/bradley-terry.ts';
import {
  comparisonsOf,
  type Method,
  nextRound,
  ROUND_ROBIN_UP_TO,
} from '../../../server/judge/tournament.ts';

/** Plays a tournament to its end. */
function play(
  candidates: number,
  result: (a: number, b: number) => Match['result'],
  method?: Method,
): Match[] {
  const played: Match[] = [];
  for (let round = nextRound(candidates, [], method); round.length > 0;) {
    for (const [a, b] of round) played.push({ a, b, result: result(a, b) });
    round = nextRound(candidates, played, method);
  }
  return played;
}

const sizes = fc.integer({ min: 2, max: 24 });
const results = fc.func(fc.constantFrom<Match['result']>('A', 'B', 'undecided'));

describe('any tournament', () => {
  it('ends, and nobody meets anyone twice or themselves (property)', () => {
    fc.assert(
      fc.property(sizes, results, (size, result) => {
        const pairs = play(size, (a, b) => result(a, b)).map(({ a, b }) => `${a} ${b}`);
        expect(new Set(pairs).size).toBe(pairs.length);
        for (const pair of pairs) expect(Number(pair.split(' ')[0])).toBeLessThan(Number(pair.split(' ')[1]));
      }),
    );
  });

  it('compares everyone (property)', () => {
    fc.assert(
      fc.property(sizes, results, (size, result) => {
        const seen = new Set(play(size, (a, b) => result(a, b)).flatMap(({ a, b }) => [a, b]));
        expect(seen.size).toBe(size);
      }),
    );
  });

  it('takes as many comparisons as announced where each is decided (property)', () => {
    fc.assert(
      fc.property(sizes, (size) => {
        expect(play(size, (a, b) => ((a * 7 + b) % 2 === 0 ? 'A' : 'B'))).toHaveLength(comparisonsOf(size));
      }),
    );
  });
});

describe('few candidates', () => {
  it('meet everyone once', () => {
    expect(play(ROUND_ROBIN_UP_TO, () => 'A')).toHaveLength(15);
    expect(play(2, () => 'undecided')).toHaveLength(1);
  });
});

describe('a knockout', () => {
  it('leaves the best undefeated where the better one always wins (property)', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], { minLength: 10 }), (strength) => {
        const played = play(10, (a, b) => (strength[a]! > strength[b]! ? 'A' : 'B'), 'knockout');
        const losers = new Set(played.map(({ a, b, result }) => (result === 'A' ? b : a)));
        const left = strength.filter((_, index) => !losers.has(index));
        expect(left).toEqual([9]);
      }),
    );
  });

  it('lets both stay in whom the judge cannot tell apart', () => {
    const played = play(8, (a, b) => (a === 0 && b === 1 ? 'undecided' : 'A'), 'knockout');
    expect(played).toContainEqual({ a: 0, b: 1, result: 'undecided' });
    expect(played.filter(({ b, result }) => b === 1 && result !== 'undecided')).toEqual([]);
    expect(played.some(({ a }) => a === 1)).toBe(true);
  });
});
