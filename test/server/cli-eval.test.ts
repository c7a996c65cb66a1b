/** `verity eval judge` as a process: benchmarks' files, what does not fit, and runs that are cut off. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { example } from './support/bundles.ts';
import { Command, expectOneLine, verity, verityJson } from './support/cli.ts';
import { folder } from './support/files.ts';

const code = (name: string, side: string) => readFileSync(example(`${name}.${side}.py`), 'utf8');

const pairs = (count: number): string =>
  Array.from({ length: count }, (_, index) => {
    const name = index % 2 === 0 ? 'average' : 'export';
    const pair = { id: String(index), language: 'python', bug: name };
    return `${JSON.stringify({ ...pair, good: code(name, 'good'), bad: code(name, 'bad') })}\n`;
  }).join('');

/** One prompt of RM-Bench; the last of the chosen styles is longer than any context. */
const prompts = JSON.stringify([
  {
    id: 1,
    prompt: 'Write it.',
    language: 'python',
    chosen: [
      code('average', 'good'),
      `# better\n${code('average', 'good')}`,
      Array.from({ length: 900 }, (_, line) => `value_${line} = compute(${line})\n`).join(''),
    ],
    rejected: [
      code('average', 'bad'),
      `# worse\n${code('average', 'bad')}`,
      `# worst\n${code('average', 'bad')}`,
    ],
  },
]);

const Score = z.object({
  oneOrder: z.record(z.string(), z.number()),
  meanOfOrders: z.object({ average: z.number(), hard: z.number(), normal: z.number(), easy: z.number() }),
  ofJudged: z.object({ tables: z.object({ comparisons: z.array(z.array(z.number())) }) }),
});
const Figures = z.looseObject({
  pairs: z.number(),
  judged: z.number(),
  doesNotFit: z.number(),
  command: z.string(),
  seed: z.number().nullable(),
  model: z.object({
    id: z.literal('nano-judge'),
    sha256: z.string().length(64),
    promptFamily: z.literal('compact'),
  }),
  positionBias: z.object({ firstShare: z.number() }),
  score: z.object({ rule: z.string(), scores: z.record(z.string(), z.unknown()) }),
});

const run = (path: string, ...args: string[]) => verity(['eval', 'judge', ...args], { cwd: path });

const CIRCUMSTANCES = new Set(['command', 'startedAt', 'seconds']);

/** What the outcomes make, without the circumstances of the run. */
const figuresOnly = (path: string): unknown => {
  const figures = Figures.parse(JSON.parse(readFileSync(join(path, 'figures.json'), 'utf8')));
  return Object.fromEntries(Object.entries(figures).filter(([key]) => !CIRCUMSTANCES.has(key)));
};

const judgedIn = (journal: string): number =>
  existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').length - 2 : 0;

describe('RM-Bench', () => {
  it('is judged, scored and reported; what does not fit is counted apart', async () => {
    const path = folder({ 'code.json': prompts });
    const args = [
      '--data',
      'code.json',
      '--format',
      'rm-bench',
      '--out',
      'figures.json',
      '--report',
      'report.html',
    ];
    const printed = Figures.parse(await verityJson(['eval', 'judge', ...args, '--json'], { cwd: path }));
    expect(printed).toMatchObject({ pairs: 9, judged: 6, doesNotFit: 3, seed: null });
    expect(printed.command).toBe(`verity eval judge ${args.join(' ')} --json`);
    const score = Score.parse(printed.score.scores['exactlyOneMarker']);
    expect(score.ofJudged.tables.comparisons).toEqual([
      [1, 1, 1],
      [1, 1, 1],
      [0, 0, 0],
    ]);
    const report = readFileSync(join(path, 'report.html'), 'utf8');
    expect(report).toContain('nano-judge on RM-Bench');
    expect(report).toContain('does not fit the model');
  });

  it('files of another format are bad input that says so', async () => {
    const path = folder({ 'code.json': prompts });
    expectOneLine(
      await run(path, '--data', 'code.json'),
      2,
      /code\.json, record 1 is not a pair: .*Is --format right\?/,
    );
  });
});

describe('resuming', () => {
  it('goes on after Ctrl-C to the end', async () => {
    const path = folder({ 'pairs.jsonl': pairs(8) });
    const args = ['--data', 'pairs.jsonl', '--out', 'figures.json'];
    const journal = join(path, 'figures.journal.jsonl');
    const command = new Command(['eval', 'judge', ...args], { cwd: path });
    while (judgedIn(journal) < 2) await sleep(5);
    command.child.kill('SIGINT');
    const { code: exit, stderr } = await command.result;
    expect(exit).toBe(130);
    expect(stderr).toContain(
      `is kept in figures.journal.jsonl; go on with: verity eval judge ${args.join(' ')} --resume\n`,
    );
    const kept = judgedIn(journal);
    expect(kept).toBeLessThan(8);

    const resumed = await run(path, ...args, '--resume');
    expect(resumed.stderr).toContain(`${kept} of 8 are judged already\n`);
    expect(resumed.code).toBe(0);
    expect(judgedIn(journal)).toBe(8);
    expect(figuresOnly(path)).toMatchObject({ pairs: 8, judged: 8, doesNotFit: 0 });
  });

  it('judges only what is missing: a half-written line is judged again, the rest is not', async () => {
    const path = folder({ 'pairs.jsonl': pairs(4) });
    const args = ['--data', 'pairs.jsonl', '--out', 'figures.json'];
    const journal = join(path, 'figures.journal.jsonl');
    expect((await run(path, ...args)).code).toBe(0);
    const before = readFileSync(journal, 'utf8');
    writeFileSync(journal, before.slice(0, -30));
    const resumed = await run(path, ...args, '--resume');
    expect(resumed.stderr).toContain('3 of 4 are judged already\n');
    // The first three are as they were, to the last digit of their times.
    expect(readFileSync(journal, 'utf8').split('\n').slice(0, 4)).toEqual(before.split('\n').slice(0, 4));
    const figures = figuresOnly(path);
    const again = await run(path, ...args, '--resume');
    expect(again.stderr).toContain('4 of 4 are judged already\n');
    expect(figuresOnly(path)).toEqual(figures);
  });

  it('starts anew where the data changed, and says so', async () => {
    const path = folder({ 'pairs.jsonl': pairs(2) });
    const args = ['--data', 'pairs.jsonl', '--out', 'figures.json', '--limit', '1'];
    expect((await run(path, ...args)).code).toBe(0);
    writeFileSync(join(path, 'pairs.jsonl'), pairs(3));
    const { code: exit, stderr } = await run(path, ...args, '--resume');
    expect(stderr).toContain('starting anew, nothing is kept: the data changed\n');
    expect(exit).toBe(0);
  });

  it('needs --out', async () => {
    const path = folder({ 'pairs.jsonl': pairs(1) });
    expectOneLine(
      await run(path, '--data', 'pairs.jsonl', '--resume'),
      2,
      /--resume goes on from what lies beside --out/,
    );
  });
});
