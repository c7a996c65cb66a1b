/** Logits processors against hand-computed rows, the sampler's statistics, and stop strings. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopBuffer } from '../../../server/runtime/answer.ts';
import { GREEDY, type Sampling } from '../../../server/runtime/language-model.ts';
import {
  argmax,
  largest,
  logSumExp,
  minP,
  processors,
  repetitionPenalty,
  sampleToken,
  seededRandom,
  softmax,
  temperature,
  topK,
  topP,
} from '../../../server/runtime/sampling.ts';

const NONE = -Infinity;
const row = (...values: number[]) => Float32Array.from(values);
const logs = (...probabilities: number[]) => Float32Array.from(probabilities, Math.log);

function processed(logits: Float32Array, process: (logits: Float32Array) => void): number[] {
  process(logits);
  return [...logits];
}
const kept = (logits: number[]) => logits.flatMap((value, token) => (value === NONE ? [] : [token]));

describe('processors', () => {
  it('repetition penalty divides positive and multiplies negative logits once per seen token', () => {
    expect(processed(row(4, -4, 1, 0), repetitionPenalty(2, [0, 1, 0, 3]))).toEqual([2, -8, 1, 0]);
  });

  it('temperature divides', () => {
    expect(processed(row(1, -2), temperature(0.5))).toEqual([2, -4]);
  });

  it('top-k keeps the k largest and ties with the last', () => {
    expect(processed(row(1, 3, 2, 0), topK(2))).toEqual([NONE, 3, 2, NONE]);
    expect(kept(processed(row(1, 3, 1, 0), topK(2)))).toEqual([0, 1, 2]);
    expect(kept(processed(row(1, 2), topK(5)))).toEqual([0, 1]);
  });

  it('top-p keeps the smallest set whose mass reaches p', () => {
    expect(kept(processed(logs(0.2, 0.5, 0.3), topP(0.7)))).toEqual([1, 2]);
    expect(kept(processed(logs(0.2, 0.5, 0.3), topP(0.85)))).toEqual([0, 1, 2]);
    expect(kept(processed(logs(0.2, 0.5, 0.3), topP(0.01)))).toEqual([1]);
    expect(kept(processed(logs(0.2, 0.5, 0.3), topP(0)))).toEqual([1]);
  });

  it('min-p keeps tokens at least that share as likely as the likeliest', () => {
    expect(kept(processed(logs(0.1, 0.6, 0.3), minP(0.4)))).toEqual([1, 2]);
    expect(kept(processed(logs(0.1, 0.6, 0.3), minP(1)))).toEqual([1]);
  });

  it('leaves out what is at its neutral value; greedy needs only the penalty', () => {
    expect(processors(GREEDY, [])).toHaveLength(0);
    expect(processors({ ...GREEDY, topK: 5, minP: 0.1, repetitionPenalty: 1.1 }, [])).toHaveLength(1);
    const all = { temperature: 0.5, topK: 5, topP: 0.9, minP: 0.1, repetitionPenalty: 1.1, seed: 0 };
    expect(processors(all, [])).toHaveLength(5);
  });
});

describe('sampleToken', () => {
  const sampling: Sampling = { ...GREEDY, temperature: 1 };

  it('is greedy at temperature 0, the first of equals', () => {
    expect(sampleToken(row(0, 2, 2), GREEDY, [], () => 0.99)).toBe(1);
  });

  it('draws in proportion to the probabilities', () => {
    const random = seededRandom(7);
    const counts = [0, 0, 0];
    const draws = 20_000;
    for (let i = 0; i < draws; i++) counts[sampleToken(logs(0.2, 0.5, 0.3), sampling, [], random)]!++;
    // Four standard deviations of the likeliest token's share.
    for (const [token, share] of [0.2, 0.5, 0.3].entries())
      expect(Math.abs(counts[token]! / draws - share)).toBeLessThan(4 * Math.sqrt(0.25 / draws));
  });

  it('never draws a removed token, whatever the draw and however the settings combine', () => {
    const setting = fc.record({
      temperature: fc.double({ min: 0.05, max: 5, noNaN: true }),
      topK: fc.nat(12),
      topP: fc.double({ min: 0, max: 1, noNaN: true }),
      minP: fc.double({ min: 0, max: 1, noNaN: true }),
      repetitionPenalty: fc.double({ min: 0.5, max: 2, noNaN: true }),
      seed: fc.nat(),
    });
    const logits = fc.array(fc.float({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        logits,
        setting,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (l, s, at) => {
          const before = Float32Array.from(l);
          const token = sampleToken(before, s, [0], () => at);
          expect([...before]).toEqual([...Float32Array.from(l)]);
          const filtered = before.slice();
          for (const process of processors(s, [0])) process(filtered);
          expect(filtered[token]).toBeGreaterThan(NONE);
        },
      ),
    );
  });

  it('gives the same draws for the same seed', () => {
    const draws = (seed: number) => Array.from({ length: 8 }, seededRandom(seed));
    expect(draws(1)).toEqual(draws(1));
    expect(draws(1)).not.toEqual(draws(2));
    expect(Math.max(...draws(3))).toBeLessThan(1);
  });
});

describe('helpers', () => {
  it('softmax and logSumExp agree and survive large logits', () => {
    const logits = row(1000, 1001, NONE);
    const normalizer = logSumExp(logits);
    const probabilities = softmax(logits);
    expect(probabilities[0]).toBeCloseTo(Math.exp(1000 - normalizer), 6);
    expect(probabilities[2]).toBe(0);
    expect(probabilities[0]! + probabilities[1]!).toBeCloseTo(1, 6);
  });

  it('largest is the head of a stable sort', () => {
    const values = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 20 });
    fc.assert(
      fc.property(values, fc.nat(6), (list, k) => {
        const sorted = [...list.keys()].sort((a, b) => list[b]! - list[a]! || a - b);
        expect(largest(Float32Array.from(list), k)).toEqual(sorted.slice(0, k));
      }),
    );
  });

  it('argmax is the first of the largest', () => {
    expect(argmax(row(1, 5, 5))).toBe(1);
  });
});

describe('StopBuffer', () => {
  const run = (pieces: string[], stops: string[]) => {
    const deltas: string[] = [];
    const buffer = new StopBuffer(stops, (delta) => deltas.push(delta));
    const stopped = pieces.some((piece) => buffer.push(piece));
    if (!stopped) buffer.end('');
    expect(deltas.join('')).toBe(buffer.text);
    return { text: buffer.text, stopped, deltas };
  };

  it('ends before a stop string that straddles pieces', () => {
    expect(run(['answer </', 'ans', 'wer> more'], ['</answer>'])).toMatchObject({
      text: 'answer ',
      stopped: true,
    });
  });

  it('gives back what only looked like a stop string', () => {
    expect(run(['a</', 'an', 'x', '</'], ['</answer>']).text).toBe('a</anx</');
  });

  it('takes the earliest of several, and ignores empty ones', () => {
    expect(run(['abcd'], ['cd', 'bc', '']).text).toBe('a');
  });

  it('streams at once what cannot be part of a stop string', () => {
    expect(run(['ab', 'cd'], ['zz']).deltas).toEqual(['ab', 'cd']);
  });

  it('gives the same text however the text is cut into pieces', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30 });
    const stop = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 6 }), stop, (pieces, one) => {
        const whole = pieces.join('');
        const end = whole.indexOf(one);
        expect(run(pieces, [one])).toMatchObject({
          text: end < 0 ? whole : whole.slice(0, end),
          stopped: end >= 0,
        });
      }),
    );
  });
});
