/** voting@k: the majority, ties, and samples without a verdict. */
import { describe, expect, it } from 'vitest';
import { judgePair } from '../../../server/judge/judge.ts';
import { FAMILIES } from '../../../server/judge/prompts/families.ts';
import { majority } from '../../../server/judge/votes.ts';
import { Judgment } from '../../../server/protocol/judgment.ts';
import { promptText, ScriptedModel } from './scripted-model.ts';

describe('majority', () => {
  it.each([
    ['AAB', 'A', { A: 2, B: 1, none: 0 }],
    ['ABB-', 'B', { A: 1, B: 2, none: 1 }],
    ['AB--', null, { A: 1, B: 1, none: 2 }],
    ['--A', 'A', { A: 1, B: 0, none: 2 }],
    ['--', null, { A: 0, B: 0, none: 2 }],
  ] as const)('of %s is %s', (written, verdict, counts) => {
    const verdicts = Array.from(written, (letter) => (letter === 'A' || letter === 'B' ? letter : null));
    expect(majority(verdicts)).toEqual({ verdict, counts });
  });
});

describe('a judgment by votes', () => {
  const PAIR = { a: 'first();\n', b: 'second();\n', language: 'typescript' };
  const { rubrics } = FAMILIES;

  /** Per order the letters that its samples write, in the order of their seeds. */
  const judge = async (first: string, second: string) => {
    const model = new ScriptedModel(({ prompt, sampling }) => {
      const text = promptText(prompt);
      const letters = text.indexOf('first()') < text.indexOf('second()') ? first : second;
      return [`<eval>by ${sampling.seed}</eval>`, `<answer>[[${letters[sampling.seed]}]]</answer>`];
    });
    const texts: string[] = [];
    const onText = (order: string, text: string) => texts.push(`${order} ${text}`);
    const judgment = await judgePair(model, rubrics, PAIR, { votes: first.length, onText });
    return { model, judgment, texts };
  };

  it('samples each order k times, each with a seed of its own, at temperature 1', async () => {
    const { model } = await judge('AAB', 'BBA');
    expect(model.requests).toHaveLength(6);
    for (const { sampling } of model.requests) expect(sampling).toMatchObject({ temperature: 1, topP: 1 });
    expect(new Set(model.requests.map(({ sampling }) => sampling.seed))).toEqual(new Set([0, 1, 2]));
  });

  it('goes by the majority of each order, in the letters of the first', async () => {
    const { judgment } = await judge('BAA', 'BBA');
    expect(judgment).toMatchObject({ verdict: 'A', agreement: true });
    expect(judgment.orders.map(({ votes }) => votes)).toEqual([
      { A: 2, B: 1, none: 0 },
      { A: 2, B: 1, none: 0 },
    ]);
    expect(judgment.confidence).toBeCloseTo(2 / 3, 12);
    expect(Judgment.parse(judgment)).toEqual(judgment);
  });

  it('counts samples without a verdict against the confidence', async () => {
    const { judgment } = await judge('AAC?', 'BBBB');
    expect(judgment).toMatchObject({ verdict: 'A', confidence: 0.75 });
    expect(judgment.orders[0]!.votes).toEqual({ A: 2, B: 0, none: 2 });
  });

  it.each([
    ['the majorities disagree', 'AAB', 'AAB'],
    ['one order is tied', 'AB', 'BB'],
  ])('is undecided where %s', async (_, first, second) => {
    const { judgment } = await judge(first, second);
    expect(judgment).toMatchObject({ verdict: 'undecided', agreement: false, confidence: 0 });
  });

  it('shows a reading that voted for the verdict, and streams the first of each order', async () => {
    const { judgment, texts } = await judge('BAA', 'BBA');
    expect(judgment.orders[0]!.reasoning.evaluation).toBe('by 1');
    expect(texts.filter((text) => text.includes('by'))).toEqual([
      'AB <eval>by 0</eval>',
      'BA <eval>by 0</eval>',
    ]);
  });

  it('is not calibrated: a share of votes is another quantity', async () => {
    const calibration = { temperature: 9, judgments: 1, data: '', bins: [] };
    const model = new ScriptedModel(({ prompt }) => {
      const text = promptText(prompt);
      return [`<answer>[[${text.indexOf('first()') < text.indexOf('second()') ? 'A' : 'B'}]]</answer>`];
    });
    const judgment = await judgePair(model, { ...rubrics, calibration }, PAIR, { votes: 2 });
    expect(judgment).toMatchObject({ verdict: 'A', confidence: 1 });
    expect(judgment.calibration).toBeUndefined();
  });
});
