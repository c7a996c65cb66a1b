/** A search that is stopped ends with the best it has; one that is cancelled ends with nothing. */
import { describe, expect, it } from 'vitest';
import { bestOfN } from '../../../server/safety/baselines/best-of-n.ts';
import { greedy } from '../../../server/safety/baselines/sampling.ts';
import type { CompletionMethod } from '../../../server/safety/method.ts';
import { asProcessRewards, multifurcationRewards } from '../../../server/safety/rewards/multifurcation.ts';
import { rewardSearch } from '../../../server/safety/search/multifurcation.ts';
import { completionRequest, loadModels } from './models.ts';

const { policy, rewardModel, unseen, tokens } = await loadModels();
const mrm = { model: tokens.rewards, unseen };
const METHODS: [string, CompletionMethod][] = [
  ['saffron', rewardSearch('saffron', tokens.policy, multifurcationRewards(mrm), { budget: 3 })],
  ['best-of-n', bestOfN(tokens.policy, asProcessRewards(mrm), 3)],
  ['greedy', greedy(tokens.policy)],
];
const request = completionRequest({ maxNewTokens: 60, minNewTokens: 60 });

const stepsUntil = (count: number, controller: AbortController) => {
  let steps = 0;
  return () => {
    if (++steps === count) controller.abort(new Error('enough'));
  };
};

describe.each(METHODS)('%s', (_, method) => {
  it('ends within a forward with what it has when it is stopped', async () => {
    const controller = new AbortController();
    const { completions, isStopped } = await method.complete(request, {
      stop: controller.signal,
      onStep: stepsUntil(4, controller),
    });
    expect(isStopped).toBe(true);
    expect(completions[0]).toMatchObject({ isFinished: false });
    expect(completions[0]!.tokens.length).toBeGreaterThanOrEqual(4);
    expect(completions[0]!.tokens.length).toBeLessThanOrEqual(5);
    expect([policy.cache.pinnedPositions, rewardModel.cache.pinnedPositions]).toEqual([0, 0]);
  });

  it("rejects with the signal's reason when it is cancelled, and when it is stopped before it has anything", async () => {
    const controller = new AbortController();
    const cancelled = method.complete(request, {
      signal: controller.signal,
      stop: new AbortController().signal,
      onStep: stepsUntil(2, controller),
    });
    await expect(cancelled).rejects.toThrow('enough');
    const early = method.complete(request, { stop: AbortSignal.abort(new Error('too late')) });
    await expect(early).rejects.toThrow('too late');
    expect([policy.cache.pinnedPositions, rewardModel.cache.pinnedPositions]).toEqual([0, 0]);
  });

  it('is not stopped if it ends by itself', async () => {
    const { isStopped } = await method.complete(completionRequest({ maxNewTokens: 3 }), {
      stop: new AbortController().signal,
    });
    expect(isStopped).toBe(false);
  });
});
