/** The Bradley–Terry fit: closed forms, symmetries, and strengths found again in simulated matches. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bradleyTerry, interval95, type Match } from '../../../server/judge/bradley-terry.ts';
import { seededRandom } from '../../../server/runtime/sampling.ts';

const repeat = (count: number, match: Match): Match[] => new Array<Match>(count).fill(match);
const strengths = (count: number, matches: Match[], prior?: number) =>
  bradleyTerry(count, matches, prior).map(({ strength }) => strength);

const tournaments = fc.integer({ min: 2, max: 7 }).chain((count) => {
  const place = fc.integer({ min: 0, max: count - 1 });
  const match = fc
    .record({ a: place, b: place, result: fc.constantFrom<Match['result']>('A', 'B', 'undecided') })
    .filter(({ a, b }) => a !== b);
  return fc.record({ count: fc.constant(count), matches: fc.array(match, { maxLength: 30 }) });
});

describe('two candidates', () => {
  it.each([
    [3, 1],
    [1, 1],
    [2, 7],
    [40, 4],
  ])('%i wins to %i: the log odds, and their error from the counts', (wins, losses) => {
    const matches = [
      ...repeat(wins, { a: 0, b: 1, result: 'A' }),
      ...repeat(losses, { a: 0, b: 1, result: 'B' }),
    ];
    const [first, second] = strengths(2, matches, 1e-9);
    expect(first! - second!).toBeCloseTo(Math.log(wins / losses), 5);
    expect(first! + second!).toBeCloseTo(0, 5);
  });

  it('an undecided comparison is half a win for each', () => {
    const halves = strengths(2, [
      { a: 0, b: 1, result: 'undecided' },
      { a: 0, b: 1, result: 'A' },
    ]);
    const counted = strengths(2, repeat(2, { a: 0, b: 1, result: 'A' }));
    expect(halves[0]).toBeGreaterThan(0);
    expect(halves[0]).toBeLessThan(counted[0]!);
    expect(strengths(2, [{ a: 0, b: 1, result: 'undecided' }])[0]).toBeCloseTo(0, 10);
  });

  it('one win in one comparison: the strength t that solves 1 − σ(2t) = p (2σ(t) − 1)', () => {
    const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
    const prior = 0.25;
    const [t, minus] = strengths(2, [{ a: 0, b: 1, result: 'A' }], prior) as [number, number];
    expect(minus).toBeCloseTo(-t, 10);
    expect(1 - sigmoid(2 * t)).toBeCloseTo(prior * (2 * sigmoid(t) - 1), 10);
  });
});

describe('any comparisons', () => {
  it('give finite strengths that balance around 0, with finite errors (property)', () => {
    fc.assert(
      fc.property(tournaments, ({ count, matches }) => {
        const fitted = bradleyTerry(count, matches);
        for (const { strength, error } of fitted) {
          expect(Number.isFinite(strength)).toBe(true);
          expect(error).toBeGreaterThan(0);
          expect(Number.isFinite(error)).toBe(true);
        }
        expect(fitted.reduce((sum, { strength }) => sum + strength, 0)).toBeCloseTo(0, 8);
      }),
    );
  });

  it('rank the same whatever the candidates are called and in whatever order they met (property)', () => {
    fc.assert(
      fc.property(
        tournaments,
        fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
        ({ count, matches }, key) => {
          const order = Array.from({ length: count }, (_, index) => index).toSorted(
            (one, two) => key[one]! - key[two]!,
          );
          const renamed = matches
            .map(({ a, b, result }) => ({ a: order.indexOf(a), b: order.indexOf(b), result }))
            .toSorted((one, two) => key[count + one.a]! - key[count + two.a]!);
          const expected = bradleyTerry(count, matches);
          for (const [place, { strength, error }] of bradleyTerry(count, renamed).entries()) {
            expect(strength).toBeCloseTo(expected[order[place]!]!.strength, 8);
            expect(error).toBeCloseTo(expected[order[place]!]!.error, 8);
          }
        },
      ),
    );
  });

  it('read from the other side are the same (property)', () => {
    const swap = { A: 'B', B: 'A', undecided: 'undecided' } as const;
    fc.assert(
      fc.property(tournaments, ({ count, matches }) => {
        const turned = matches.map(({ a, b, result }) => ({ a: b, b: a, result: swap[result] }));
        for (const [index, value] of strengths(count, turned).entries())
          expect(value).toBeCloseTo(strengths(count, matches)[index]!, 8);
      }),
    );
  });

  it('another win never weakens (property)', () => {
    fc.assert(
      fc.property(tournaments, ({ count, matches }) => {
        const more = strengths(count, [...matches, { a: 0, b: 1, result: 'A' }]);
        expect(more[0]).toBeGreaterThan(strengths(count, matches)[0]! - 1e-9);
      }),
    );
  });
});

describe('simulated matches', () => {
  const truth = [-1.2, -0.4, 0, 0.5, 1.1];
  const random = seededRandom(7);
  const play = (games: number): Match[] =>
    truth.flatMap((mine, a) =>
      truth.flatMap((theirs, b) =>
        a >= b
          ? []
          : Array.from({ length: games }, (): Match => {
              const chance = 1 / (1 + Math.exp(theirs - mine));
              return { a, b, result: random() < chance ? 'A' : 'B' };
            }),
      ),
    );

  it('give the strengths back', () => {
    for (const [index, value] of strengths(truth.length, play(4000)).entries())
      expect(value).toBeCloseTo(truth[index]!, 1);
  });

  it('lie in the 95 % interval about 95 % of the time', () => {
    let inside = 0;
    for (let trial = 0; trial < 200; trial++)
      for (const [index, fitted] of bradleyTerry(truth.length, play(12)).entries()) {
        const [low, high] = interval95(fitted);
        if (low <= truth[index]! && truth[index]! <= high) inside++;
      }
    expect(inside / 1000).toBeGreaterThan(0.92);
    expect(inside / 1000).toBeLessThan(0.985);
  });

  it('narrow the interval as they grow in number', () => {
    const [few, many] = [play(10), play(1000)].map(
      (matches) => bradleyTerry(truth.length, matches)[0]!.error,
    );
    expect(many).toBeLessThan(few! / 5);
  });
});
