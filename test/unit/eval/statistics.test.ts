import { describe, expect, it } from 'vitest';
import { bootstrap, correlation, mean, median, wilson } from '../../../server/eval/statistics.ts';

const rounded = (values: readonly number[]): number[] => values.map((value) => Math.round(1e4 * value) / 1e4);

describe("Wilson's interval", () => {
  // Newcombe 1998 (Statistics in Medicine 17), table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %d in %d is the published one', (right, count, low, high) => {
    expect(rounded(wilson(right / count, count))).toEqual([low, high]);
  });

  it('of nothing says nothing', () => {
    expect(wilson(0, 0)).toEqual([0, 1]);
  });
});

describe('the bootstrap', () => {
  const average = (drawn: number[]) => ({ average: mean(drawn) });

  it('is about as wide as theory has it, and the same for a seed', () => {
    const values = Array.from({ length: 400 }, (_, index) => index % 2);
    const [low, high] = bootstrap(values, average, 1)['average']!;
    expect(low).toBeCloseTo(0.451, 1);
    expect(high).toBeCloseTo(0.549, 1);
    expect(high - low).toBeGreaterThan(0.08);
    expect(bootstrap(values, average, 1)['average']).toEqual([low, high]);
  });

  it('is wider for clusters than for as many independent values', () => {
    const clusters = Array.from({ length: 40 }, (_, index) => Array<number>(10).fill(index % 2));
    const [low, high] = bootstrap(clusters, (drawn) => average(drawn.flat()), 1)['average']!;
    expect(high - low).toBeGreaterThan(0.25);
  });
});

it("Pearson's correlation, and none where nothing varies", () => {
  expect(correlation([1, 2, 3, 4], [2, 4, 6, 8])).toBeCloseTo(1);
  expect(correlation([1, 2, 3, 4], [1, 3, 2, 4])).toBeCloseTo(0.8);
  expect(correlation([1, 1], [0, 1])).toBeNull();
});

it('the median is a value that was seen', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(3);
  expect(median([])).toBe(0);
});
