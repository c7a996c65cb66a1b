/** Top-p pruning keeps what sorting the whole vocabulary would keep. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { softmax } from '../../../../server/runtime/sampling.ts';
import { nucleus } from '../../../../server/safety/search/nucleus.ts';

/** Sorted outright; a token stays while the mass before it is below p. */
function plain(logits: Float32Array, p: number): number[] {
  const probabilities = softmax(logits);
  const kept: number[] = [];
  let mass = 0;
  for (const token of [...logits.keys()].sort((a, b) => probabilities[b]! - probabilities[a]! || a - b)) {
    if (mass >= p || probabilities[token] === 0) break;
    kept.push(token);
    mass += probabilities[token]!;
  }
  return kept;
}

const rows = fc
  .array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -40, max: 40, noNaN: true })), {
    minLength: 1,
    maxLength: 400,
  })
  .map((values) => Float32Array.from(values));

describe('nucleus', () => {
  it('keeps the likeliest tokens until their mass is p, ties by id', () => {
    fc.assert(
      fc.property(rows, fc.double({ min: 0.01, max: 1, noNaN: true }), (logits, p) => {
        expect(nucleus(logits, p).map(({ token }) => token)).toEqual(plain(logits, p));
      }),
      { numRuns: 2000 },
    );
  });

  it('gives forbidden tokens no mass, and leaves the logits as they are', () => {
    const logits = Float32Array.of(5, 4, 3);
    expect(nucleus(logits, 1, new Set([0])).map(({ token }) => token)).toEqual([1, 2]);
    expect(nucleus(logits, 0.1, new Set([0]))[0]!.probability).toBeCloseTo(Math.E / (Math.E + 1), 6);
    expect([...logits]).toEqual([5, 4, 3]);
  });

  it('is empty if everything is forbidden', () => {
    expect(nucleus(Float32Array.of(1, 2), 0.8, new Set([0, 1]))).toEqual([]);
  });
});
