import { describe, expect, it } from 'vitest';
import { firstMarker, oneMarker, scoreAll } from '../../../server/eval/scoring.ts';
import { ended } from './ended.ts';

describe('the marker', () => {
  it.each([
    ['[[A]]', 1, 1],
    ['[[B]]', 0, 0],
    ['[[A]] or [[B]]', 0, 1],
    ['neither', 0, 0.5],
  ])('of %j is worth %d alone, %d as RewardBench reads it', (output, alone, first) => {
    expect(oneMarker(output, 'A')).toBe(alone);
    expect(firstMarker(0.5)(output, 'A')).toBe(first);
  });

  it('is read in the letters of its own order, wherever the right text stands', () => {
    const right = [ended({ good: 'A', verdicts: ['A', 'A'] }), ended({ good: 'B', verdicts: ['B', 'B'] })];
    expect(scoreAll(right, oneMarker, 'bothOrders', 0, 0).map(({ score }) => score)).toEqual([1, 1]);
    const wrong = [ended({ good: 'A', verdicts: ['B', 'B'] }), ended({ good: 'B', verdicts: ['A', 'A'] })];
    expect(scoreAll(wrong, oneMarker, 'meanOfOrders', 0, 0).map(({ score }) => score)).toEqual([0, 0]);
  });
});

describe('one order', () => {
  const torn = Array.from({ length: 400 }, (_, index) =>
    ended({ verdicts: ['A', 'B'], comparison: { id: String(index), item: String(index) } }),
  );
  const drawn = (seed: number, all = torn) =>
    scoreAll(all, oneMarker, 'oneOrder', seed, 0).map(({ score }) => score);

  it('is drawn by the seed: the same each time, about half of each', () => {
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(1)).not.toEqual(drawn(2));
    const share = drawn(1).filter((score) => score === 1).length / torn.length;
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.6);
  });

  it('of a comparison does not hang on which others are there', () => {
    expect(drawn(5, torn.slice(100, 150))).toEqual(drawn(5).slice(100, 150));
  });
});

it('what was not judged is worth what is said, or is left out', () => {
  const all = [ended({ notJudged: 'doesNotFit' }), ended()];
  expect(scoreAll(all, oneMarker, 'bothOrders', 0, 0).map(({ score }) => score)).toEqual([0, 1]);
  expect(scoreAll(all, oneMarker, 'bothOrders', 0).map(({ score }) => score)).toEqual([1]);
});
