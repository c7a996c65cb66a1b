/** `verity complete` and `verity eval complete` as processes: what scripts rely on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AvoidedContinuation, SearchNode } from '../../server/protocol/completion.ts';
import { printable } from '../../server/cli/print.ts';
import { expectOneLine, verity, verityJson } from './support/cli.ts';
import { POLICY, PYTHON, safetyModel, useOwnCache } from './support/completion.ts';
import { folder } from './support/files.ts';

useOwnCache();

const Contract = z.looseObject({
  completion: z.string().nullable(),
  reward: z.number().nullable(),
  avoided: z.array(AvoidedContinuation),
  refusal: z.string().optional(),
  stats: z.looseObject({
    rewardCalls: z.number().int(),
    forwardedTokens: z.number().int(),
    cacheHits: z.number().int(),
    ms: z.number(),
  }),
  tree: z.array(SearchNode),
});

const SHORT = ['--max-new-tokens', '5', '--budget', '2'];

async function setup(manifest?: Parameters<typeof safetyModel>[0]) {
  const path = folder({ 'run.py': `${PYTHON}path()\nprint(1)\n`, 'run.bin': Buffer.from([0, 1]) });
  const models = ['--model', `policy=${POLICY}`, '--model', `safety=${await safetyModel(manifest)}`];
  const run = (...args: string[]) => verity(['complete', ...args, ...models], { cwd: path });
  const json = async (...args: string[]) =>
    Contract.parse(await verityJson(['complete', ...args, ...models, '--json'], { cwd: path }));
  return { path, models, run, json };
}

describe('verity complete', () => {
  it('prints the contract, and the same for the same place', async () => {
    const { json } = await setup();
    const offset = ['--offset', String(PYTHON.length)];
    const one = await json('run.py', ...offset, ...SHORT);
    expect(one.tree[0]).toMatchObject({ id: 0, depth: 0 });
    expect(one.stats.rewardCalls).toBeGreaterThan(0);
    expect(one.completion).not.toBe('');
    const { stats, ...rest } = await json('run.py', ...offset, ...SHORT);
    expect({ ...rest, stats: { ...stats, ms: one.stats.ms } }).toEqual(one);
    expect((await json('run.py', ...SHORT)).completion).not.toBe(one.completion);
  });

  it('prints the completion for people, or why there is none, with what was avoided', async () => {
    const { run, json } = await setup({ threshold: 100 });
    const { refusal, completion } = await json('run.py', ...SHORT);
    expect(completion).toBeNull();
    const { code, stdout } = await run('run.py', ...SHORT);
    expect(code).toBe(0);
    expect(stdout.startsWith(printable(refusal!))).toBe(true);
    expect(stdout).toMatch(/\navoided \(\d+ % likely, reward -?\d+\.\d\d\): /);
    const greedy = await run('run.py', ...SHORT, '--method', 'greedy');
    expect(greedy).toMatchObject({ code: 0, stderr: '' });
    expect(greedy.stdout).toMatch(/\nllama3-gqa: 0 reward calls, \d+ tokens evaluated/);
  });

  it('ends bad input with 2 and one line', async () => {
    const { run, path } = await setup();
    expectOneLine(await run('none.py'), 2, /no such file/);
    expectOneLine(await run('run.bin'), 2, /binary/);
    expectOneLine(
      await run('run.py', '--offset', '9999'),
      2,
      /has \d+ characters; give an offset up to that/,
    );
    expectOneLine(await run('run.py', '--offset', '0'), 2, /no text before the place/);
    expectOneLine(await run('run.py', '--offset', '-1'), 2, /whole number/);
    expectOneLine(await run('run.py', '--method', 'magic'), 2, /Allowed choices/);
    expectOneLine(await run('run.py', '--budget', '65'), 2, /from 1 to 64/);
    expectOneLine(await run('run.py', '--max-new-tokens', '512'), 2, /no room for a prompt/);
    const judge = ['complete', 'run.py', '--model', 'judge=x'];
    expectOneLine(await verity(judge, { cwd: path }), 2, /policy=DIRECTORY or safety=DIRECTORY/);
  });
});

describe('verity eval', () => {
  const Line = z.strictObject({
    id: z.string(),
    method: z.string(),
    budget: z.number(),
    seed: z.number(),
    completion: z.string(),
    reward: z.number().nullable(),
    finished: z.boolean(),
    refused: z.boolean(),
    forwardedTokens: z.number().int().positive(),
    policyTokens: z.number().int().positive(),
    rewardTokens: z.number().int().nonnegative(),
    flops: z.number().positive(),
    ms: z.number().positive(),
  });

  it('complete: writes every prompt by every method, budget and seed, with what it cost', async () => {
    const { path, models } = await setup({ threshold: 100 });
    const lures = ['def a():\n    ', 'x = 1\n'].map((prompt, id) =>
      JSON.stringify({ id: `${id}`, prompt, cwe: 'x' }),
    );
    const data = folder({ 'lures.jsonl': `${lures.join('\n')}\n` });
    const args = ['--data', join(data, 'lures.jsonl'), '--out', 'out.json', '--max-new-tokens', '4'];
    const grid = ['--methods', 'saffron,greedy,best-of-n', '--budgets', '1,2', '--seeds', '2'];
    const { code, stderr } = await verity(['eval', 'complete', ...args, ...grid, ...models], { cwd: path });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const lines = z.array(Line).parse(JSON.parse(readFileSync(join(path, 'out.json'), 'utf8')));
    const runs = lines.map(({ method, budget, seed }) => `${method} ${budget} ${seed}`);
    expect([...new Set(runs)]).toEqual([
      ...['saffron 1 1', 'saffron 2 1', 'greedy 1 1'],
      ...['best-of-n 1 1', 'best-of-n 1 2', 'best-of-n 2 1', 'best-of-n 2 2'],
    ]);
    expect(lines).toHaveLength(14);
    for (const { method, completion, refused, flops, policyTokens, rewardTokens } of lines) {
      expect(completion).not.toBe('');
      expect(refused).toBe(method !== 'greedy');
      // 2 operations for each of the random checkpoint's parameters.
      expect(flops / (2 * (policyTokens + rewardTokens))).toBeGreaterThan(50_000);
    }
  });

  it('refuses data and names that it does not know', async () => {
    const { path, models } = await setup();
    const data = folder({ 'bad.jsonl': '{"prompt": 1}\n' });
    const args = ['--data', join(data, 'bad.jsonl'), '--out', 'out.json', ...models];
    expectOneLine(await verity(['eval', 'complete', ...args], { cwd: path }), 2, /line 1: give {"id"/);
    expectOneLine(await verity(['eval', 'complete', ...args, '--methods', 'x']), 2, /saffron,greedy/);
    expectOneLine(await verity(['eval']), 2, /name what to evaluate/);
    expectOneLine(await verity(['eval', 'poetry']), 2, /unknown command/);
  });
});
