/** `verity mcp` as another agent uses it: the SDK's own client over a real process. */
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { inputSchema, TOOLS } from '../../server/protocol/tools.ts';
import { BUNDLES } from './support/bundles.ts';
import { endlessJudge } from './support/checkpoints.ts';
import { expectOneLine, verity } from './support/cli.ts';
import { PAIR } from './support/code.ts';
import { POLICY, PYTHON, safetyModel, useOwnCache } from './support/completion.ts';
import { Family } from './support/processes.ts';

useOwnCache();

/** Closes the client and waits until no process is left. */
async function connect(...args: string[]): Promise<{ client: Client; family: Family }> {
  const family = new Family();
  const client = new Client({ name: 'test', version: '1' });
  const environment = Object.entries(family.environment).filter(([, value]) => value !== undefined);
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [BUNDLES.cli, 'mcp', ...args],
      env: Object.fromEntries(environment) as Record<string, string>,
      stderr: 'ignore',
    }),
  );
  onTestFinished(async () => {
    await client.close();
    family.kill();
    await family.gone();
  });
  return { client, family };
}

/** What a tool said in words, and whether it failed. */
const Said = z.object({
  isError: z.boolean().optional(),
  content: z.tuple([z.object({ type: z.literal('text'), text: z.string() })]),
});

/** Processor seconds per second that a process takes. Linux: it reads /proc, in hundredths of a second. */
async function workOf(pid: number, ms: number): Promise<number> {
  const taken = () => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  };
  const before = taken();
  await sleep(ms);
  return (1000 * (taken() - before)) / ms;
}

describe('verity mcp', () => {
  it('lists its tools with what they are given', async () => {
    const { client } = await connect();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['verity_judge', 'verity_complete', 'verity_solve']);
    const [judge] = tools;
    expect(judge!.inputSchema).toMatchObject({ type: 'object', required: ['a', 'b'] });
    expect(Object.keys(judge!.inputSchema.properties!)).toEqual(
      Object.keys((inputSchema(TOOLS.judge) as { properties: object }).properties),
    );
    expect(judge!.annotations).toMatchObject({ readOnlyHint: true });
  });

  it('judges with the embedded model, and tells how it comes along', async () => {
    const { client } = await connect();
    const told: (string | undefined)[] = [];
    const result = await client.callTool(
      { name: 'verity_judge', arguments: { ...PAIR, language: 'typescript' } },
      { onprogress: ({ message }) => told.push(message) },
    );
    const judgment = TOOLS.judge.output.parse(result.structuredContent);
    expect(judgment.model).toBe('nano-judge');
    expect(judgment.orders.map(({ order }) => order)).toEqual(['AB', 'BA']);
    expect(JSON.parse(Said.parse(result).content[0].text)).toEqual(judgment);
    expect(told).toContain('reading A first');
  });

  it('completes by a search with a policy and a reward model', async () => {
    const models = [`policy=${POLICY}`, `safety=${await safetyModel()}`];
    const { client } = await connect(...models.flatMap((model) => ['--model', model]));
    const input = { prefix: PYTHON, language: 'python' };
    const result = await client.callTool({ name: 'verity_complete', arguments: input });
    const { completions, model } = TOOLS.complete.output.parse(result.structuredContent);
    expect(model).toBe('llama3-gqa');
    expect(completions[0]).toMatchObject({ reward: expect.any(Number) as number });
  });

  it('solves with the embedded team', async () => {
    const { client } = await connect();
    const input = { problem: 'What is 3 + 4?' };
    const result = await client.callTool({ name: 'verity_solve', arguments: input });
    const { agents, answer } = TOOLS.solve.output.parse(result.structuredContent);
    expect(agents.map(({ role, latentSteps }) => [role, latentSteps])).toEqual([
      ['planner', 10],
      ['critic', 10],
      ['refiner', 10],
      ['judger', 0],
    ]);
    expect(answer).not.toBe('');
  });

  it('refuses bad input in words, and goes on', async () => {
    const { client } = await connect();
    const refused = await client.callTool({ name: 'verity_judge', arguments: { a: 'x' } });
    expect(Said.parse(refused)).toMatchObject({ isError: true });
    expect(Said.parse(refused).content[0].text).toMatch(/\bb\b/);
    const failed = await client.callTool({ name: 'verity_solve', arguments: { problem: ' ' } });
    expect(Said.parse(failed)).toMatchObject({
      isError: true,
      content: [{ text: 'The problem is empty; say what is to be solved.' }],
    });
    await expect(client.callTool({ name: 'verity_think', arguments: {} })).rejects.toThrow('verity_think');
    expect((await client.listTools()).tools).toHaveLength(3);
  });

  it('stops working when a call is cancelled', async () => {
    const { client, family } = await connect('--model', `judge=${await endlessJudge()}`);
    const controller = new AbortController();
    // Several, so that they would take far longer than is waited for.
    const calls = Array.from({ length: 4 }, () =>
      client.callTool(
        { name: 'verity_judge', arguments: { ...PAIR } },
        { signal: controller.signal, onprogress: () => controller.abort() },
      ),
    );
    for (const { status } of await Promise.allSettled(calls)) expect(status).toBe('rejected');
    expect(controller.signal.aborted).toBe(true);
    const worker = await family.worker(family.members[0]!);
    await expect.poll(() => workOf(worker, 300), { timeout: 3000 }).toBeLessThan(0.1);
  });

  it('ends with its client, and leaves no process', async () => {
    const { client, family } = await connect();
    await client.callTool({ name: 'verity_judge', arguments: { ...PAIR } });
    expect(family.members.length).toBeGreaterThan(1);
    await client.close();
    await family.gone();
  });

  it('does not start with a model that is not there', async () => {
    expectOneLine(await verity(['mcp', '--model', 'judge=/nowhere']), 2, /no model directory \/nowhere/);
  });
});
