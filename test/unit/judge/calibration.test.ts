/** Temperature scaling against reference values, and what the reliability plot is made of. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  calibrate,
  fitTemperature,
  type Reading,
  reliability,
  scaled,
} from '../../../server/judge/calibration.ts';
import { Calibration } from '../../../server/protocol/judgment.ts';
import { seededRandom } from '../../../server/runtime/sampling.ts';

const readings = (...pairs: [confidence: number, right: 0 | 1][]): Reading[] =>
  pairs.map(([confidence, right]) => ({ confidence, right: right === 1 }));

const MIXED = readings(
  [0.95, 1],
  [0.9, 1],
  [0.9, 0],
  [0.8, 1],
  [0.8, 1],
  [0.75, 0],
  [0.7, 1],
  [0.6, 0],
  [0.6, 1],
  [0.55, 0],
  [0.99, 1],
  [0.98, 0],
);

const logLoss = (given: Reading[], temperature: number) =>
  given.reduce((sum, { confidence, right }) => {
    const share = scaled(confidence, temperature);
    return sum - Math.log(right ? share : 1 - share);
  }, 0);

describe('fitTemperature', () => {
  it('finds what a golden section search in Python finds', () => {
    expect(fitTemperature(MIXED)).toBeCloseTo(4.865250285825157, 6);
    expect(logLoss(MIXED, fitTemperature(MIXED))).toBeCloseTo(8.01791848718715, 9);
    expect(logLoss(MIXED, 1)).toBeCloseTo(10.796192703866028, 9);
  });

  it('of one level of confidence is the ratio of its log odds to those of the share right', () => {
    const given = readings([0.9, 1], [0.9, 1], [0.9, 1], [0.9, 0]);
    expect(fitTemperature(given)).toBeCloseTo(Math.log(9) / Math.log(3), 9);
  });

  it('is 1 where the confidence is right already', () => {
    const random = seededRandom(3);
    const given = Array.from({ length: 40_000 }, (): Reading => {
      const confidence = 0.5 + random() / 2;
      return { confidence, right: random() < confidence };
    });
    expect(fitTemperature(given)).toBeCloseTo(1, 1);
  });

  it('is a minimum of the negative log likelihood, or at an end of its range (property)', () => {
    const one = fc.record({ confidence: fc.double({ min: 0.01, max: 1, noNaN: true }), right: fc.boolean() });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 30 }), (given) => {
        const best = fitTemperature(given);
        expect(best).toBeGreaterThanOrEqual(0.05);
        expect(best).toBeLessThanOrEqual(20);
        for (const other of [0.05, best * 0.9, best * 1.1, 20])
          if (other >= 0.05 && other <= 20)
            expect(logLoss(given, other)).toBeGreaterThanOrEqual(logLoss(given, best) - 1e-6);
      }),
    );
  });

  it('stays finite where every verdict is right, or every one wrong', () => {
    expect(fitTemperature(readings([0.9, 1], [1, 1]))).toBe(0.05);
    expect(fitTemperature(readings([0.9, 0], [1, 0]))).toBe(20);
  });

  it('refuses to be fitted to nothing', () => {
    expect(() => fitTemperature([])).toThrow(/no verdict to calibrate/);
  });
});

describe('scaled', () => {
  it('keeps no verdict, a coin toss and the order of confidences (property)', () => {
    const share = fc.double({ min: 0.001, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(share, share, fc.double({ min: 0.05, max: 20, noNaN: true }), (one, two, temperature) => {
        const [a, b] = [scaled(one, temperature), scaled(two, temperature)];
        if (one < two) expect(a).toBeLessThanOrEqual(b);
        expect(a).toBeGreaterThan(0);
        expect(a).toBeLessThanOrEqual(1);
      }),
    );
    expect(scaled(0, 3)).toBe(0);
    expect(scaled(0.5, 3)).toBe(0.5);
  });

  it('makes even a certain verdict less than certain when it is hot', () => {
    expect(scaled(1, 4)).toBeGreaterThan(0.9);
    expect(scaled(1, 4)).toBeLessThan(0.98);
  });
});

describe('reliability', () => {
  it('counts each reading in one bin, with the bin’s mean confidence and share right', () => {
    const bins = reliability(readings([0.91, 1], [0.93, 0], [0.5, 1], [1, 1]), 10);
    expect(bins).toEqual([
      { from: 0.5, to: 0.6, confidence: 0.5, right: 1, count: 1 },
      {
        from: 0.9,
        to: 1,
        confidence: expect.closeTo((0.91 + 0.93 + 1) / 3) as number,
        right: 2 / 3,
        count: 3,
      },
    ]);
  });

  it('loses none, and every mean lies in its bin (property)', () => {
    const one = fc.record({ confidence: fc.double({ min: 0, max: 1, noNaN: true }), right: fc.boolean() });
    fc.assert(
      fc.property(fc.array(one), (given) => {
        const bins = reliability(given);
        expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(given.length);
        for (const { from, to, confidence } of bins) {
          expect(confidence).toBeGreaterThanOrEqual(from - 1e-9);
          expect(confidence).toBeLessThanOrEqual(to + 1e-9);
        }
      }),
    );
  });
});

it('a calibration is what the protocol calls one, its bins those of the scaled confidences', () => {
  const calibration = calibrate(MIXED, 'twelve pairs');
  expect(Calibration.parse(JSON.parse(JSON.stringify(calibration)))).toEqual(calibration);
  expect(calibration).toMatchObject({ judgments: 12, data: 'twelve pairs' });
  expect(calibration.bins.at(-1)!.confidence).toBeLessThan(0.8);
});
