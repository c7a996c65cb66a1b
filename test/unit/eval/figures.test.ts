/** The product's figures, against what a hand counts. */
import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../../server/eval/figures.ts';
import { ended, type Given } from './ended.ts';

let count = 0;
const one = (given: Given) => {
  const name = String(count++);
  return ended({ ...given, comparison: { id: name, item: name, ...given.comparison } });
};

describe('accuracy', () => {
  const figures = figuresOf([
    one({ good: 'A', verdicts: ['A', 'A'], ms: 10 }),
    one({ good: 'B', verdicts: ['A', 'A'], ms: 20 }),
    one({ good: 'A', verdicts: ['A', 'B'], ms: 30 }),
    one({ good: 'B', verdicts: ['B', null], ms: 40 }),
    one({ notJudged: 'doesNotFit' }),
    one({ notJudged: 'refused' }),
    one({ notJudged: 'doesNotFit' }),
    one({ notJudged: 'doesNotFit' }),
  ]);

  it('counts what was not judged as wrong, and apart', () => {
    expect(figures).toMatchObject({ pairs: 8, judged: 4, doesNotFit: 3, refused: 1 });
    expect(figures).toMatchObject({ bothRight: 1 / 8, orderAccuracy: 4 / 16 });
    expect(figures.ofJudged).toMatchObject({ bothRight: 1 / 4, orderAccuracy: 4 / 8 });
  });

  it('a pair is right only if both orders are; no verdict agrees with nothing', () => {
    expect(figures).toMatchObject({ agreement: 2 / 4, accuracyWhereAgreed: 1 / 2, noVerdict: 1 / 8 });
  });

  it('times only what was judged', () => {
    expect(figures).toMatchObject({ medianMs: 30, judgingMs: 100 });
  });
});

it('groups by language, subset and bug, each where it is known', () => {
  const { byLanguage, bySubset, byBug } = figuresOf([
    one({ comparison: { language: 'python', bug: 'stray exit' } }),
    one({ comparison: { language: 'python', subset: 'hard' }, verdicts: ['A', 'B'] }),
    one({ comparison: { language: 'go' }, notJudged: 'doesNotFit' }),
  ]);
  expect(byLanguage).toMatchObject({
    go: { pairs: 1, judged: 0, bothRight: 0 },
    python: { pairs: 2, bothRight: 0.5, orderAccuracy: 0.75 },
  });
  expect(bySubset).toMatchObject({ hard: { pairs: 1, bothRight: 0 } });
  expect(Object.keys(byBug)).toEqual(['stray exit']);
});

it("a prompt's comparisons count once in the width of intervals", () => {
  const nine = Array.from({ length: 9 }, (_, index) =>
    ended({ comparison: { id: String(index), item: 'p' } }),
  );
  const apart = Array.from({ length: 9 }, () => one({}));
  expect(figuresOf(nine).bothRightInterval).toEqual(figuresOf([one({})]).bothRightInterval);
  expect(figuresOf(apart).bothRightInterval[0]).toBeGreaterThan(figuresOf(nine).bothRightInterval[0]);
});

it('position bias: who always takes the first is always first and never consistent', () => {
  const first = figuresOf([
    one({ good: 'A', verdicts: ['A', 'B'] }),
    one({ good: 'B', verdicts: ['A', 'B'] }),
  ]);
  expect(first.positionBias).toMatchObject({
    firstShare: 1,
    alwaysFirst: 1,
    alwaysSecond: 0,
    consistent: 0,
    withoutVerdict: 0,
  });
  const second = figuresOf([one({ verdicts: ['B', 'A'] }), one({ verdicts: [null, 'A'] })]);
  expect(second.positionBias).toMatchObject({ firstShare: 0, alwaysSecond: 0.5, withoutVerdict: 0.5 });
});

it('length bias: who always takes the longer is right where the right one is', () => {
  const longer = { chosen: 'a long answer', rejected: 'short' };
  const shorter = { chosen: 'short', rejected: 'a long answer' };
  const equal = { chosen: 'same', rejected: 'size' };
  const { lengthBias } = figuresOf([
    one({ good: 'A', verdicts: ['A', 'A'], comparison: longer }),
    one({ good: 'B', verdicts: ['B', 'B'], comparison: longer }),
    one({ good: 'A', verdicts: ['B', 'B'], comparison: shorter }),
    one({ good: 'A', verdicts: ['A', 'B'], comparison: equal }),
  ]);
  expect(lengthBias.rightIsLonger).toMatchObject({ readings: 4, accuracy: 1 });
  expect(lengthBias.rightIsShorter).toMatchObject({ readings: 2, accuracy: 0 });
  expect(lengthBias.preferLonger).toBe(1);
  expect(lengthBias.longerIsRight).toBeCloseTo(4 / 6);
  expect(lengthBias.correlation).toBeCloseTo(1);
});

it('calibration: bins by confidence, the gap to accuracy weighted by their size', () => {
  const { calibration, expectedCalibrationError, meanConfidenceWhereRight, meanConfidenceWhereWrong } =
    figuresOf([
      one({ confidence: 0.95 }),
      one({ confidence: 0.91, good: 'B' }),
      one({ confidence: 1 }),
      one({ confidence: 0.55, good: 'B' }),
      one({ confidence: 0.6, verdicts: ['A', 'B'] }),
    ]);
  expect(calibration).toHaveLength(10);
  expect(calibration[9]).toMatchObject({ pairs: 3, accuracy: 2 / 3 });
  expect(calibration[5]).toMatchObject({ pairs: 1, accuracy: 0, confidence: 0.55 });
  expect(calibration[6]!.pairs).toBe(0);
  expect(expectedCalibrationError).toBeCloseTo((3 * Math.abs((0.95 + 0.91 + 1) / 3 - 2 / 3) + 0.55) / 4);
  expect([meanConfidenceWhereRight, meanConfidenceWhereWrong]).toEqual([0.975, 0.73]);
});
