/** Teams of agents as users run them: `verity/solve` over LSP, `verity solve` and `verity eval agents` as processes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LSPErrorCodes } from 'vscode-languageserver-protocol';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ErrorCode } from '../../server/protocol/requests.ts';
import {
  Solution,
  SolvePartial,
  solvePartial,
  type SolveParams,
  solveRequest,
  SolveResult,
} from '../../server/protocol/solution.ts';
import { AGENT_CHECKPOINTS, golden } from '../unit/agents/fixtures.ts';
import { copyOf, editJson } from '../unit/runtime/fixtures.ts';
import { expectOneLine, verity, verityJson } from './support/cli.ts';
import { folder } from './support/files.ts';
import { Client, expectError, tokenOf } from './support/server.ts';

const POLICY = AGENT_CHECKPOINTS['qwen3-untied'];

/** With room for the built-in teams' prompts, and no end tokens: it writes to its limit. */
async function roomyPolicy(): Promise<string> {
  const directory = await copyOf('llama3-gqa');
  await editJson(directory, 'config.json', (config) => ({
    ...config,
    max_position_embeddings: 8192,
    eos_token_id: null,
  }));
  await editJson(directory, 'generation_config.json', (config) => ({ ...config, eos_token_id: null }));
  return directory;
}

/** Asks for a solution that can be cancelled, and writes down what comes before it. */
function ask(client: Client, params: SolveParams) {
  const partials: SolvePartial[] = [];
  const cancellation = new AbortController();
  const token = `solve ${Math.random()}`;
  const thinking = new Promise<void>((resolve) => {
    client.connection.onProgress(solvePartial, token, (raw) => {
      const partial = SolvePartial.parse(raw);
      partials.push(partial);
      if (partial.kind === 'latent' && partial.step.step > 2) resolve();
    });
  });
  const answer = client.connection.sendRequest(
    solveRequest,
    { ...params, partialResultToken: token },
    tokenOf(cancellation.signal),
  );
  return { answer, partials, thinking, cancel: () => cancellation.abort() };
}

/** Resolves when the policy holds nothing for anyone. */
const released = (client: Client) =>
  client.until(({ models }) => {
    const { cache, requests } = models.at(-1)!;
    return cache?.pinnedPositions === 0 && requests?.running === 0;
  });

describe('verity/solve', () => {
  it.each(['sequential', 'hierarchical'] as const)(
    'gives the text that PyTorch gives, and tells what each agent does on the way: %s',
    async (layout) => {
      const { problem, agents, latentSteps, maxNewTokens, texts } = await golden('qwen3-untied');
      const client = await Client.start({ policyModel: POLICY });
      const definition = { layout, latentSteps, agents };
      const { answer, partials } = ask(client, { problem, definition, maxNewTokens });
      const result = SolveResult.parse(await answer);
      expect(result.answer).toBe(texts[`${layout}.all`]!.trim());
      expect(result).toMatchObject({ team: 'custom', model: 'qwen3-untied', baselines: [] });
      const of = <Kind extends SolvePartial['kind']>(kind: Kind) =>
        partials.filter((partial): partial is Extract<SolvePartial, { kind: Kind }> => partial.kind === kind);
      expect(of('agent').map(({ role }) => role)).toEqual(agents.map(({ role }) => role));
      expect(of('latent')).toHaveLength(3 * latentSteps);
      expect(
        of('text')
          .map(({ text }) => text)
          .join('')
          .trim(),
      ).toBe(result.answer);
      expect(of('report').map(({ report }) => report)).toEqual(expect.arrayContaining(result.agents));
      await released(client);
    },
  );

  it('compares a team with the single model and with text, and says what it is worth', async () => {
    const client = await Client.start({ policyModel: await roomyPolicy() });
    const { answer } = ask(client, {
      problem: 'add 2 and 3',
      latentSteps: 2,
      maxNewTokens: 6,
      compare: true,
    });
    const { baselines, caution, outputTokens } = SolveResult.parse(await answer);
    expect(baselines.map(({ team, outputTokens: tokens }) => [team, tokens])).toEqual([
      ['single', 6],
      ['text', 24],
    ]);
    expect(outputTokens).toBe(6);
    expect(caution).toMatch(/The single model gives/);
  });

  it('is cancelled in the midst of a latent phase, and the memory is free again', async () => {
    const client = await Client.start({ policyModel: await roomyPolicy() });
    const { answer, thinking, cancel } = ask(client, { problem: 'x', latentSteps: 160 });
    await thinking;
    cancel();
    await expectError(answer, LSPErrorCodes.RequestCancelled, /Cancelled/);
    expect(await client.outcomes()).toEqual(['solve: cancelled while running']);
    await released(client);
  });

  it('fails when its model is killed, and works again with the next request', async () => {
    const client = await Client.start({ policyModel: await roomyPolicy() });
    const { answer, thinking } = ask(client, { problem: 'x', latentSteps: 160 });
    await thinking;
    process.kill(await client.family.worker(client.pid), 'SIGKILL');
    await expectError(answer, ErrorCode.workerDied, /SIGKILL.*ask again/);
    const again = ask(client, { problem: 'x', latentSteps: 1, maxNewTokens: 2 });
    expect(SolveResult.parse(await again.answer).agents).toHaveLength(4);
  });

  it('refuses what cannot fit, an empty problem, and a team that is none', async () => {
    const client = await Client.start({ policyModel: POLICY });
    await expectError(ask(client, { problem: 'x' }).answer, ErrorCode.contextOverflow, /context holds 512/);
    await expectError(ask(client, { problem: ' ' }).answer, -32602, /problem is empty/);
    const none = { problem: 'x', team: 'circle' } as unknown as SolveParams;
    await expectError(ask(client, none).answer, -32602, /team/);
  });

  it('lets agents of different checkpoints hand over text, each in a worker of its own', async () => {
    const client = await Client.start({ policyModel: POLICY });
    const agents = [
      { role: 'planner', prompt: 'Plan: {problem}', model: AGENT_CHECKPOINTS['llama3-tied'] },
      { role: 'judger', prompt: 'Solve: {problem}' },
    ];
    const definition = { layout: 'sequential', handOver: 'text', agents } as const;
    const mixed = ask(client, { problem: 'add 2 and 3', definition, maxNewTokens: 4 });
    expect(SolveResult.parse(await mixed.answer).outputTokens).toBe(8);
    const names = (await client.status()).models.map(({ id, state }) => `${id}: ${state}`);
    expect(names).toEqual(expect.arrayContaining(['qwen3-untied: ready', 'llama3-tied: ready']));
    const latent = ask(client, { problem: 'x', definition: { ...definition, handOver: 'latent' } });
    await expectError(latent.answer, -32602, /tokenizers differ.*hand over text/);
  });

  it('says that a model without a chat template cannot work in a team', async () => {
    const client = await Client.start({ policyModel: join(import.meta.dirname, '../../models/nano-judge') });
    await expectError(ask(client, { problem: 'x' }).answer, ErrorCode.badModel, /no chat model/);
  });
});

describe('verity solve', () => {
  const ARGS = ['--model', `policy=${POLICY}`, '--latent-steps', '2', '--max-new-tokens', '4'];
  const TEAMS = {
    teams: {
      pair: {
        layout: 'sequential',
        agents: [
          { role: 'thinker', prompt: 'Think: {problem}' },
          { role: 'writer', prompt: '{problem}' },
        ],
      },
    },
  };

  it('prints the contract: answer, each agent, tokens and time', async () => {
    const policy = ['--model', `policy=${await roomyPolicy()}`];
    const path = folder({ 'problem.txt': 'add 2 and 3' });
    for (const team of ['sequential', 'hierarchical', 'text', 'single']) {
      const args = ['problem.txt', '--team', team, ...ARGS.slice(2), ...policy, '--json'];
      const result = SolveResult.parse(await verityJson(['solve', ...args], { cwd: path }));
      expect(result.team).toBe(team);
      expect(result.agents).toHaveLength(team === 'single' ? 1 : 4);
      const steps = result.agents.map(({ latentSteps }) => latentSteps);
      expect(steps).toEqual({ text: [0, 0, 0, 0], single: [0] }[team] ?? [2, 2, 2, 0]);
      expect(result.outputTokens).toBe(team === 'text' ? 16 : 4);
    }
  });

  it("runs a team of the user's file, on standard input, readably", async () => {
    const path = folder({ 'agents.json': JSON.stringify(TEAMS), 'problem.txt': 'add 2 and 3' });
    const args = ['solve', 'problem.txt', '--agents', 'agents.json', '--team', 'pair', ...ARGS];
    const { code, stdout, stderr } = await verity(args, { cwd: path });
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'thinker works\nwriter works\n' });
    expect(stdout).toMatch(/thinker: 2 latent steps, 0 tokens written, 0 positions of memory read/);
    expect(stdout).toMatch(/writer: 0 latent steps, 4 tokens written, \d\d+ positions of memory read/);
    const piped = ['solve', '-', '--agents', 'agents.json', '--team', 'pair', ...ARGS];
    expectOneLine(await verity(piped, { cwd: path }), 2, /problem is empty/);
  });

  it.each([
    [['problem.txt', '--team', 'circle', ...ARGS], /no team circle; there are .*sequential/],
    [['nowhere.txt', ...ARGS], /Cannot read nowhere\.txt/],
    [['problem.txt', '--agents', 'none.json', ...ARGS], /Cannot read the teams in none\.json/],
    [['problem.txt', '--agents', 'broken.json', ...ARGS], /broken\.json holds no valid teams: .*layout/],
    [['problem.txt', '--latent-steps', '161'], /0 to 160/],
    [['problem.txt', '--model', 'judge=x'], /policy=DIRECTORY/],
    [['problem.txt', '--model', 'policy=/nowhere'], /no model directory \/nowhere/],
    [['problem.txt', ...ARGS], /context holds 512/],
  ])('refuses bad input in one line: %j', async (args, line) => {
    const broken = JSON.stringify({ teams: { x: { layout: 'circle', agents: [] } } });
    const path = folder({ 'problem.txt': 'x', 'broken.json': broken });
    const { code, stdout, stderr } = await verity(['solve', ...args], { cwd: path });
    expect(stderr.trim().split('\n').at(-1)).toMatch(line);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  describe('verity eval agents', () => {
    const Figures = z.object({
      runs: z.array(
        Solution.pick({ team: true, outputTokens: true }).extend({
          latentSteps: z.number().nullable(),
          problems: z.number(),
          attempts: z.array(z.object({ problem: z.string(), right: z.boolean() })),
        }),
      ),
      comparisons: z.array(z.object({ baseline: z.string(), tokensSaved: z.number(), speedup: z.number() })),
      findings: z.array(z.string()),
      format: z.string(),
    });
    const line = (index: number) => `${JSON.stringify({ problem: `add ${index} and 3`, answer: '5' })}\n`;
    const DATA = [1, 2, 3].map(line).join('');

    it('writes figures of every team at every number of latent steps, and a page', async () => {
      const path = folder({ 'data.jsonl': DATA, 'agents.json': JSON.stringify(TEAMS) });
      const policy = ['--model', `policy=${await roomyPolicy()}`, '--max-new-tokens', '4'];
      const out = ['--out', 'figures.json', '--report', 'page.html', '--limit', '2'];
      const teams = ['--teams', 'single,text,pair', '--agents', 'agents.json', '--latent-steps', '0,3'];
      const args = ['eval', 'agents', '--data', 'data.jsonl', ...teams, ...policy, ...out];
      const { code, stdout, stderr } = await verity(args, { cwd: path });
      expect({ code, stderr }).toMatchObject({ code: 0 });
      const figures = Figures.parse(JSON.parse(readFileSync(join(path, 'figures.json'), 'utf8')));
      expect(figures.runs.map(({ team, latentSteps, problems }) => [team, latentSteps, problems])).toEqual([
        ['single', null, 2],
        ['text', null, 2],
        ['pair', 0, 2],
        ['pair', 3, 2],
      ]);
      expect(figures.findings).toHaveLength(1);
      expect(stdout).toContain(figures.findings[0]);
      const page = readFileSync(join(path, 'page.html'), 'utf8');
      expect(page).toContain('pair, m = 3');
      expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
    });

    it('runs no program unless it is asked to', async () => {
      const record = { text: 'Write f.', test_list: ['assert f(1) == 2'] };
      const path = folder({ 'data.jsonl': JSON.stringify(record) });
      const args = [
        'eval',
        'agents',
        '--data',
        'data.jsonl',
        '--format',
        'mbpp',
        '--model',
        `policy=${POLICY}`,
      ];
      expectOneLine(await verity(args, { cwd: path }), 2, /--run-programs/);
    });

    it('refuses data of another format, naming the record', async () => {
      const path = folder({ 'data.jsonl': DATA });
      const args = [
        'eval',
        'agents',
        '--data',
        'data.jsonl',
        '--format',
        'gsm8k',
        '--model',
        `policy=${POLICY}`,
      ];
      expectOneLine(await verity(args, { cwd: path }), 2, /data\.jsonl:1 is not a GSM8K record/);
    });
  });
});
