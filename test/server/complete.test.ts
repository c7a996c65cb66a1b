/** verity/complete over a real connection: the search as it grows, its result, and every way it can end otherwise. */
import { describe, expect, it } from 'vitest';
import { LSPErrorCodes, ErrorCodes } from 'vscode-languageserver-protocol';
import {
  completePartial,
  type CompleteParams,
  completeRequest,
  CompleteResult,
  SearchStep,
} from '../../server/protocol/completion.ts';
import { ErrorCode } from '../../server/protocol/requests.ts';
import { PAIR } from './support/code.ts';
import { endlessModels, POLICY, PYTHON, safetyModel, useOwnCache } from './support/completion.ts';
import { Client, expectError, type StartOptions, tokenOf } from './support/server.ts';

useOwnCache();

/** A server with the random models, and one way to ask it. */
async function start(options: StartOptions = {}) {
  const models = { policyModel: POLICY, safetyModel: await safetyModel() };
  const client = await Client.start({ ...models, ...options });
  let requests = 0;
  const complete = (params: Partial<CompleteParams> = {}) => {
    const partialResultToken = `completion ${requests++}`;
    const steps: SearchStep[] = [];
    const cancellation = new AbortController();
    let grown!: () => void;
    const growing = new Promise<void>((resolve) => (grown = resolve));
    client.connection.onProgress(completePartial, partialResultToken, (step) => {
      steps.push(SearchStep.parse(step));
      if (steps.length === 3) grown();
    });
    const answer = client.connection
      .sendRequest(
        completeRequest,
        { prefix: PYTHON, maxNewTokens: 12, ...params, partialResultToken },
        tokenOf(cancellation.signal),
      )
      .then((result) => CompleteResult.parse(result));
    answer.catch(grown);
    return { answer, steps, growing, cancel: () => cancellation.abort() };
  };
  return { client, complete };
}

const endless = { maxNewTokens: 512, minNewTokens: 512, budget: 8 };

describe('a completion', () => {
  it('comes with its search, step by step, and is counted among the outcomes', async () => {
    const { client, complete } = await start();
    const { answer, steps } = complete({ budget: 3, minNewTokens: 4 });
    const result = await answer;
    expect(steps.map(({ step }) => step)).toEqual(steps.map((_, index) => index));
    expect(steps.length).toBeGreaterThanOrEqual(4);
    const nodes = steps.flatMap(({ added }) => added);
    expect(nodes.map(({ id }) => id)).toEqual(nodes.map((_, index) => index + 1));
    const rewards = result.completions.map(({ reward }) => reward!);
    expect(rewards.length).toBeGreaterThan(0);
    for (const { node, text } of result.completions) {
      expect(nodes.some(({ id }) => id === node)).toBe(true);
      expect(text).not.toBe('');
    }
    expect(result).toMatchObject({ model: 'llama3-gqa', method: 'saffron', isTimedOut: false });
    const { ms } = result.counters;
    expect(result.counters).toEqual({ ...steps.at(-1)!.counters, ms });
    expect(result.counters.cacheHits).toBeGreaterThan(result.counters.forwardedTokens);
    expect(await client.outcomes()).toEqual(['complete: answered']);
    const { models } = await client.status();
    expect(models.map(({ id, state }) => [id, state])).toContainEqual(['llama3-gqa', 'ready']);
  });

  it('is the same when it is asked for again, and by any method what the method says', async () => {
    const { complete } = await start();
    const found = async (params: Partial<CompleteParams>) =>
      (await complete({ minNewTokens: 3, maxNewTokens: 6, budget: 2, ...params }).answer).completions;
    // Rewards may differ by the rounding of batches of another size.
    const texts = async (params: Partial<CompleteParams>) => (await found(params)).map(({ text }) => text);
    expect(await texts({})).toEqual(await texts({}));
    expect(await texts({ method: 'beam' })).toEqual(await texts({}));
    const drawn = await texts({ method: 'best-of-n', budget: 3, seed: 7 });
    expect(drawn).toHaveLength(3);
    expect(drawn).toEqual(await texts({ method: 'best-of-n', budget: 3, seed: 7 }));
    const [greedy] = await found({ method: 'greedy' });
    expect(greedy).not.toHaveProperty('reward');
  });

  it('reads the end of a file that is longer than the context', async () => {
    const { complete } = await start();
    const long = `${'value = compute(value)\n'.repeat(2000)}${PYTHON}`;
    const { completions, counters } = await complete({ prefix: long }).answer;
    expect(completions).not.toEqual([]);
    expect(counters.policyTokens).toBeGreaterThan(200);
    const { counters: again } = await complete({ prefix: `# more above\n${long}` }).answer;
    expect(again.policyTokens).toBeLessThan(counters.policyTokens / 2);
  });

  it('ends with the best so far at its time limit, and says so', async () => {
    const { client, complete } = await start(await endlessModels());
    await complete().answer;
    const started = performance.now();
    const { isTimedOut, completions } = await complete({ ...endless, timeLimitMs: 400 }).answer;
    expect(performance.now() - started).toBeLessThan(3000);
    expect(isTimedOut).toBe(true);
    expect(completions[0]).toMatchObject({ isFinished: false });
    expect((await complete({ timeLimitMs: 1e12 }).answer).isTimedOut).toBe(false);
    const none = await complete({ ...endless, timeLimitMs: 0.01 }).answer;
    expect(none).toMatchObject({ isTimedOut: true, completions: [], avoided: [] });
    const { outcomes } = await client.status();
    expect(outcomes.slice(1)).toMatchObject([
      { outcome: 'answered', reason: 'ended by its time limit of 400 ms' },
      { outcome: 'answered' },
      { outcome: 'answered', reason: 'ended by its time limit of 0.01 ms' },
    ]);
  });
});

describe('what is not safe enough', () => {
  it('is refused in one sentence and told as avoided, not offered', async () => {
    const { client, complete } = await start({ safetyModel: await safetyModel({ threshold: 100 }) });
    const { completions, refusal, avoided } = await complete().answer;
    expect(completions).toEqual([]);
    expect(refusal).toMatch(/^Nothing is suggested: .*below the threshold of 100\.$/);
    expect(avoided.length).toBeGreaterThan(0);
    expect(refusal).not.toContain('\n');
    const [outcome] = (await client.status()).outcomes;
    expect(outcome).toMatchObject({ request: 'complete', outcome: 'refused', reason: refusal });
  });

  it('is not known without a reward model: greedy works, a search is refused', async () => {
    const { complete } = await start({ safetyModel: '/nowhere' });
    expect((await complete({ method: 'greedy' }).answer).completions).toHaveLength(1);
    await expectError(complete().answer, ErrorCodes.InvalidParams, /no model directory \/nowhere/);
  });
});

describe('a completion that cannot be', () => {
  it('is refused without a policy, and judging goes on', async () => {
    const { client, complete } = await start({ policyModel: '/nowhere' });
    await expectError(complete().answer, ErrorCodes.InvalidParams, /no model directory \/nowhere/);
    await client.judge(PAIR).answer;
  });

  it('is refused without text, without room, and with parameters out of range', async () => {
    const { complete } = await start();
    await expectError(complete({ prefix: '' }).answer, ErrorCodes.InvalidParams, /no text before the place/);
    await expectError(
      complete({ maxNewTokens: 512 }).answer,
      ErrorCode.contextOverflow,
      /no room for a prompt.*fewer tokens/,
    );
    for (const params of [{ budget: 0 }, { budget: 65 }, { maxNewTokens: 0 }, { timeLimitMs: 0 }])
      await expectError(complete(params).answer, ErrorCodes.InvalidParams, /budget|maxNewTokens|timeLimitMs/);
    expect((await complete().answer).completions).not.toEqual([]);
  });

  it('is cancelled in the middle, and gives back all that it held', async () => {
    const { client, complete } = await start(await endlessModels());
    const { answer, growing, cancel } = complete(endless);
    await growing;
    cancel();
    await expectError(answer, LSPErrorCodes.RequestCancelled, /Cancelled/);
    expect(await client.outcomes()).toEqual(['complete: cancelled while running']);
    const free = ({ cache }: { cache?: { pinnedPositions: number } | undefined }) =>
      cache === undefined || cache.pinnedPositions === 0;
    await client.until(({ models }) => models.every(free));
    expect((await complete({ minNewTokens: 2, maxNewTokens: 4 }).answer).completions).not.toEqual([]);
  });

  it.each(['policy', 'reward model'])(
    'fails with one sentence when the process of the %s dies, and the next one is found',
    async (which) => {
      const { client, complete } = await start(await endlessModels());
      const { answer, growing } = complete(endless);
      const policy = await client.family.worker(client.pid);
      await growing;
      const rewards = client.family.members.find((pid) => pid !== client.pid && pid !== policy)!;
      process.kill(which === 'policy' ? policy : rewards, 'SIGKILL');
      await expectError(
        answer,
        ErrorCode.workerDied,
        /^The model's process ended \(signal SIGKILL\)\. It is started again with the next request; please ask again\.$/,
      );
      expect((await complete({ minNewTokens: 2, maxNewTokens: 4 }).answer).completions).not.toEqual([]);
      const { models } = await client.status();
      expect(models.map(({ deaths }) => deaths).toSorted()).toEqual([0, 0, 1]);
    },
  );
});
