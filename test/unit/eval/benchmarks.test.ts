/**
 * The benchmarks' figures on recorded outputs, against what an independent transcription of their rules gives
 * (test/fixtures/benchmarks/make_benchmarks.py).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { benchmarkScores } from '../../../server/eval/benchmark-scores.ts';
import { BENCHMARKS, type Format } from '../../../server/eval/benchmarks/benchmarks.ts';
import { type Comparison, place } from '../../../server/eval/comparison.ts';
import type { Ended } from '../../../server/eval/outcome.ts';
import type { Source } from '../../../server/eval/source.ts';
import { ended } from './ended.ts';

const Figures = z.record(z.string(), z.number());
const Fixture = z.object({
  records: z.array(z.unknown()),
  readings: z.record(z.string(), z.object({ shuffled: z.boolean(), output: z.string() })),
  expected: Figures,
  expectedRmR1: Figures.optional(),
  expectedRmR1Script: Figures.optional(),
});
type Fixture = z.infer<typeof Fixture>;

const fixture = (name: Format): Fixture =>
  Fixture.parse(
    JSON.parse(readFileSync(join(import.meta.dirname, `../../fixtures/benchmarks/${name}.json`), 'utf8')),
  );

const sourceOf = (records: unknown[]): Source => ({
  records: records.map((value, index) => ({ value, place: `record ${index + 1}` })),
  digest: '',
});
const read = (name: Format, records: unknown[]): Comparison[] => BENCHMARKS[name].read(sourceOf(records));

/** Each comparison read once, as the scripts do, in the order they drew. */
function recorded(name: Format, { records, readings }: Fixture): Ended[] {
  return place(read(name, records)).map(({ comparison, good }) => {
    const { shuffled, output } = readings[comparison.id]!;
    // Not shuffled, the chosen answer was shown as A.
    const order = (good === 'A') === shuffled ? 'BA' : 'AB';
    const reading = {
      order,
      verdict: null,
      confidence: 0,
      output,
      promptTokens: 1,
      outputTokens: 1,
    } as const;
    return {
      comparison,
      good,
      outcome: { kind: 'judged', verdict: null, confidence: 0, readings: [reading], ms: 1 },
    };
  });
}

function expectFigures(actual: Record<string, number>, expected: Record<string, number> | undefined): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected!).sort());
  for (const [name, value] of Object.entries(expected!)) expect(actual[name], name).toBeCloseTo(value, 12);
}

const scoresOf = (name: Format, all: Ended[]) => benchmarkScores(BENCHMARKS[name], all, 0).scores;

describe('on recorded outputs the figures are those of the scripts', () => {
  it('of RM-Bench: matrix, domains, and its difficulties', () => {
    const given = fixture('rm-bench');
    const { meanOfOrders, oneOrder } = scoresOf('rm-bench', recorded('rm-bench', given))['exactlyOneMarker']!;
    expectFigures(meanOfOrders, given.expected);
    expectFigures(oneOrder, given.expected);
  });

  it("of RewardBench: sections by its counts, a tie for no verdict; with RM-R1's rule nothing", () => {
    const given = fixture('rewardbench');
    const { rewardBench, rmR1 } = scoresOf('rewardbench', recorded('rewardbench', given));
    expectFigures(rewardBench!.oneOrder, given.expected);
    expectFigures(rmR1!.oneOrder, given.expectedRmR1);
  });

  it('of RMB: pairs, and lists that are right only if the best beats all', () => {
    const given = fixture('rmb');
    expectFigures(scoresOf('rmb', recorded('rmb', given))['exactlyOneMarker']!.oneOrder, given.expected);
  });

  it("of RM-R1's script for RM-Bench, which reads one file in another's place", () => {
    const given = fixture('rm-bench');
    const { tables } = scoresOf('rm-bench', recorded('rm-bench', given))['exactlyOneMarker']!;
    expectFigures(z.object({ rmR1Script: Figures }).parse(tables).rmR1Script, given.expectedRmR1Script);
    expect(given.expectedRmR1Script).not.toEqual(given.expected);
  });
});

describe('RM-Bench', () => {
  const prompt = {
    id: 7,
    prompt: 'Q',
    language: 'python',
    chosen: ['c0', 'c1', 'c2'],
    rejected: ['r0', 'r1', 'r2'],
  };

  it('compares every chosen style with every rejected one, easier below the diagonal', () => {
    const comparisons = read('rm-bench', [prompt]);
    expect(comparisons).toHaveLength(9);
    const of = (id: string) => comparisons.find((one) => one.id === id);
    expect(of('7/02')).toMatchObject({
      chosen: 'c0',
      rejected: 'r2',
      subset: 'hard',
      instruction: 'Q',
      item: '0',
    });
    expect(of('7/20')).toMatchObject({ chosen: 'c2', rejected: 'r0', subset: 'easy', language: 'python' });
    expect(of('7/11')).toMatchObject({ chosen: 'c1', rejected: 'r1', subset: 'normal' });
  });

  it('reads files without domains as one', () => {
    const all = read('rm-bench', [prompt]).map((comparison) => ended({ comparison, verdicts: ['A', 'A'] }));
    const { meanOfOrders } = scoresOf('rm-bench', all)['exactlyOneMarker']!;
    expect(meanOfOrders).toEqual({ average: 1, hard: 1, normal: 1, easy: 1 });
  });

  it('counts what does not fit as wrong, and beside that not at all', () => {
    const all = read('rm-bench', [prompt]).map((comparison) =>
      comparison.subset === 'hard'
        ? ended({ comparison, notJudged: 'doesNotFit' })
        : ended({ comparison, verdicts: ['A', 'A'] }),
    );
    const scores = scoresOf('rm-bench', all)['exactlyOneMarker']!;
    expect(scores.meanOfOrders).toMatchObject({ hard: 0, normal: 1, easy: 1 });
    expect(scores.ofJudged.tables['comparisons']).toEqual([
      [1, 0, 0],
      [1, 1, 0],
      [1, 1, 1],
    ]);
  });
});

describe('RMB', () => {
  const turns = [{ role: 'user', content: 'Q' }];
  const list = {
    bon_uid: 'l',
    conversation_input: turns,
    bon_best: { answer: 'best' },
    loser_list: [{ answer: 'x' }, { answer: 'y' }],
    category_path: 'BoN_set/Helpfulness/Chat',
  };

  it('gives the chance that a list is right when each comparison draws its order', () => {
    const [first, second] = read('rmb', [list]);
    const all = [
      ended({ comparison: first!, verdicts: ['A', 'B'] }),
      ended({ comparison: second!, verdicts: ['A', 'B'] }),
    ];
    const scores = scoresOf('rmb', all)['exactlyOneMarker']!;
    expect(scores.meanOfOrders['bestOfNHelpfulness']).toBe(0.25);
    expect(scores.bothOrders['bestOfNHelpfulness']).toBe(0);
  });

  it('keeps lists apart that are drawn twice in a resample', () => {
    const all = ['one', 'two'].flatMap((uid) =>
      read('rmb', [{ ...list, bon_uid: uid }]).map((comparison) =>
        ended({ comparison: { ...comparison, item: uid }, verdicts: ['A', 'B'] }),
      ),
    );
    // Every list is worth 1/4, so every resample is; two lists read as one would be worth 1/16.
    expect(scoresOf('rmb', all)['exactlyOneMarker']!.intervals['average']).toEqual([0.25, 0.25]);
  });

  it('gives the judge a conversation with its speakers', () => {
    const more = [...turns, { role: 'assistant', content: 'A?' }, { role: 'user', content: 'Yes' }];
    expect(read('rmb', [{ ...list, conversation_input: more }])[0]!.instruction).toBe(
      'user: Q\nassistant: A?\nuser: Yes',
    );
    expect(read('rmb', [list])[0]!.instruction).toBe('Q');
  });
});

it.each(['pairs', 'rm-bench', 'rewardbench', 'rmb'] as const)(
  '%s names the record that is not of its format',
  (name) => {
    expect(() => read(name, [{ id: 'x' }])).toThrow(/^record 1 is not an? .+ Is --format right\?$/);
  },
);

it('RewardBench leaves out sections that the data lacks', () => {
  const pair = { id: 1, prompt: 'Q', chosen: 'r', rejected: 'w', subset: 'hep-js' };
  const comparisons = read('rewardbench', [pair]);
  expect(comparisons[0]).toMatchObject({ language: 'javascript', subset: 'hep-js' });
  const all = comparisons.map((comparison) => ended({ comparison }));
  expect(scoresOf('rewardbench', all)['rewardBench']!.oneOrder).toEqual({
    average: 1,
    reasoning: 1,
    promptWeighted: 1,
  });
});
