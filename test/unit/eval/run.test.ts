/** From comparisons to outcomes, with the judge itself over a scripted model. */
import { describe, expect, it } from 'vitest';
import { codePair, type Comparison, keyOf, place, promptDigest } from '../../../server/eval/comparison.ts';
import type { Outcome } from '../../../server/eval/outcome.ts';
import { judgeAll } from '../../../server/eval/run.ts';
import { sampleItems } from '../../../server/eval/sample.ts';
import { judgePair } from '../../../server/judge/judge.ts';
import { rubrics } from '../../../server/judge/prompts/chat.ts';
import { VerityError } from '../../../server/runtime/errors.ts';
import { ScriptedModel } from '../judge/scripted-model.ts';
import { comparisonOf } from './ended.ts';

const several = (count: number): Comparison[] =>
  Array.from({ length: count }, (_, index) =>
    comparisonOf({ id: String(index), item: String(index), chosen: `right ${index}` }),
  );

/** Always answers A, in a context of so many characters. */
const judgeWith = (contextLength = 100_000) => {
  const model = new ScriptedModel(() => ['<answer>', '[[', 'A', ']]', '</answer>'], { contextLength });
  return { model, judge: (pair: ReturnType<typeof codePair>) => judgePair(model, rubrics, pair) };
};

describe('judging', () => {
  it('gives the right text as A and B in turn, and keeps what the model wrote', async () => {
    const { judge } = judgeWith();
    const all = await judgeAll(place(several(2)), judge, { known: new Map() });
    expect(all.map(({ good }) => good)).toEqual(['A', 'B']);
    expect(all[0]!.outcome).toMatchObject({
      kind: 'judged',
      verdict: null,
      readings: [
        { order: 'AB', verdict: 'A', output: '<answer>[[A]]</answer>' },
        { order: 'BA', verdict: 'B', output: '<answer>[[A]]</answer>' },
      ],
    });
  });

  it('what does not fit, and what does not differ, is an outcome and no end', async () => {
    const { judge } = judgeWith(6000);
    const comparisons = [
      comparisonOf({ id: 'long', chosen: 'x'.repeat(5000) }),
      comparisonOf({ id: 'same', chosen: 'wrong' }),
      comparisonOf({ id: 'fits' }),
    ];
    const all = await judgeAll(place(comparisons), judge, { known: new Map() });
    expect(all.map(({ outcome }) => outcome.kind)).toEqual(['doesNotFit', 'refused', 'judged']);
    expect(all[0]!.outcome).toMatchObject({ reason: expect.stringContaining('tokens') as string });
  });

  it('does not judge again what is known', async () => {
    const { model, judge } = judgeWith();
    const placed = place(several(3));
    const known: Outcome = { kind: 'doesNotFit', reason: 'known' };
    const all = await judgeAll(placed, judge, { known: new Map([[keyOf(placed[1]!), known]]) });
    expect(all[1]!.outcome).toBe(known);
    expect(model.requests).toHaveLength(4);
  });

  it('ends with any other error', async () => {
    const died = new VerityError('workerDied', 'gone');
    const run = judgeAll(place(several(1)), () => Promise.reject(died), { known: new Map() });
    await expect(run).rejects.toBe(died);
  });
});

describe('the key of a comparison', () => {
  const [placed] = place(several(1));
  const key = keyOf(placed!);
  it.each([
    ['id', { comparison: { ...placed!.comparison, id: 'other' } }],
    ['instruction', { comparison: { ...placed!.comparison, instruction: 'do it' } }],
    ['text', { comparison: { ...placed!.comparison, rejected: 'other' } }],
    ['place', { good: 'B' as const }],
  ])('changes with its %s', (_, change) => {
    expect(keyOf({ ...placed!, ...change })).not.toBe(key);
  });

  it('does not change with what the judge never sees', () => {
    expect(keyOf({ ...placed!, comparison: { ...placed!.comparison, subset: 'hard' } })).toBe(key);
  });
});

it('the digest of a prompt changes with its words, its answers and their length', () => {
  const changed = [
    { ...rubrics, prompt: () => ({ kind: 'parts' as const, parts: [] }) },
    { ...rubrics, forms: () => [] },
    { ...rubrics, maxNewTokens: 1 },
  ];
  expect(new Set([rubrics, ...changed].map(promptDigest)).size).toBe(4);
  expect(promptDigest({ ...rubrics })).toBe(promptDigest(rubrics));
});

describe('a sample', () => {
  const placed = place(several(20).map((one, index) => ({ ...one, item: String(Math.floor(index / 2)) })));
  const ids = (limit: number | undefined, seed?: number) =>
    sampleItems(placed, { limit, seed }).map(({ comparison }) => comparison.id);

  it('is the first items, whole', () => {
    expect(ids(2)).toEqual(['0', '1', '2', '3']);
    expect(ids(undefined)).toHaveLength(20);
  });

  it('with a seed is another, the same each time, and grows with the limit', () => {
    expect(ids(4, 1)).toEqual(ids(4, 1));
    expect(ids(4, 1)).not.toEqual(ids(4, 2));
    expect(ids(6, 1).slice(0, 8)).toEqual(ids(4, 1));
    expect(ids(undefined, 1).toSorted()).toEqual(ids(undefined).toSorted());
  });

  it('leaves every comparison the letter it has in the file', () => {
    for (const one of sampleItems(placed, { seed: 3 })) expect(placed).toContain(one);
  });
});
