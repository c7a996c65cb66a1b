/** What holds for every search: budget, minimum length, finished nodes, events, determinism, cancellation, memory. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { multifurcationRewards, UNSEEN_REWARD } from '../../../../server/safety/rewards/multifurcation.ts';
import type { NextTokenRewardSource } from '../../../../server/safety/rewards/rewards.ts';
import { rewardSearch } from '../../../../server/safety/search/multifurcation.ts';
import type { SearchNode, SearchStep } from '../../../../server/protocol/completion.ts';
import { expectVerityError } from '../../runtime/fixtures.ts';
import { completionRequest, loadModels } from '../models.ts';

const { policy, rewardModel, unseen, tokens } = await loadModels();
const saffron = multifurcationRewards({ model: tokens.rewards, unseen });
const [end = -1] = tokens.policy.endTokens;

interface Drawn {
  budget: number;
  topP: number;
  order: 'path' | 'reference';
  minNewTokens: number;
  maxNewTokens: number;
  salt: number;
}

/** Rewards without a model: by token alone, so that ends come early and often, and ties too. */
const scripted =
  (reward: (token: number) => number, isUnseen = (_: number) => false): NextTokenRewardSource =>
  () =>
    Promise.resolve({
      counters: { calls: 0, forwarded: 0, reused: 0 },
      after: (outputs) =>
        Promise.resolve(outputs.map(() => (token) => ({ reward: reward(token), isUnseen: isUnseen(token) }))),
      release: () => undefined,
    });

describe('a search', () => {
  it('keeps its budget, never ends too early, never loses a finished node to a worse one, and tells all', async () => {
    let ended = 0;
    const settings = fc.record({
      budget: fc.integer({ min: 1, max: 6 }),
      topP: fc.constantFrom(0.5, 0.9, 1),
      order: fc.constantFrom('path' as const, 'reference' as const),
      minNewTokens: fc.integer({ min: 0, max: 3 }),
      maxNewTokens: fc.integer({ min: 1, max: 6 }),
      salt: fc.nat(1000),
    });
    const check = async ({ budget, topP, order, minNewTokens, maxNewTokens, salt }: Drawn) => {
      // Few different rewards make many ties; the end token is among the better ones.
      const rewards = scripted((token) => (token === end ? 2 + 2 * (salt % 2) : (token * 31 + salt) % 4));
      const told = new Map<number, SearchNode>();
      const onStep = ({ added, changed, live, counters }: SearchStep) => {
        for (const node of added) told.set(node.id, { ...node });
        for (const { id, state } of changed) told.get(id)!.state = state;
        const finished = [...told.values()].filter(({ state }) => state === 'finished');
        expect(live.length + finished.length).toBeLessThanOrEqual(budget);
        expect(counters.candidates).toBe(told.size);
      };
      const request = completionRequest({ minNewTokens, maxNewTokens });
      const search = rewardSearch('test', tokens.policy, rewards, { budget, topP, order });
      const result = await search.complete(request, { onStep });
      expect([...told.values()]).toEqual(result.tree.slice(1));
      for (const { parent, depth, token, state } of result.tree.slice(1)) {
        expect(depth).toBe(result.tree[parent!]!.depth + 1);
        expect(result.tree[parent!]!.state).toBe('kept');
        if (token === end) expect(depth).toBeGreaterThan(minNewTokens);
        if (state === 'finished') expect(token).toBe(end);
      }
      expect(result.completions.length).toBeLessThanOrEqual(budget);
      const finishedFirst = result.completions.map(({ isFinished }) => Number(!isFinished));
      expect(finishedFirst).toEqual(finishedFirst.toSorted());
      for (const { tokens } of result.completions) expect(tokens.length).toBeLessThanOrEqual(maxNewTokens);
      if (order === 'path')
        for (const group of [true, false]) {
          const ranks = result.completions
            .filter(({ isFinished }) => isFinished === group)
            .map(({ reward }) => reward!);
          expect(ranks).toEqual(ranks.toSorted((a, b) => b - a));
        }
      ended += result.completions.filter(({ isFinished }) => isFinished).length;
      const again = await search.complete(request);
      expect(again.completions).toEqual(result.completions);
      expect(policy.cache.pinnedPositions).toBe(0);
    };
    await fc.assert(fc.asyncProperty(settings, check), { numRuns: 40, seed: 7 });
    expect(ended).toBeGreaterThan(20);
  });

  it('explores unseen tokens only where nothing else is left', async () => {
    const rewards = scripted(
      () => UNSEEN_REWARD,
      (token) => token % 2 === 0,
    );
    const narrow = scripted(
      (token) => (token % 2 === 0 ? UNSEEN_REWARD : -1),
      (token) => token % 2 === 0,
    );
    const request = completionRequest({ minNewTokens: 4, maxNewTokens: 4 });
    const { tree } = await rewardSearch('test', tokens.policy, narrow, { budget: 3, topP: 0.99 }).complete(
      request,
    );
    expect(tree.filter(({ state }) => state === 'unseen').length).toBeGreaterThan(0);
    expect(tree.slice(1).every(({ token, state }) => state !== 'kept' || token % 2 === 1)).toBe(true);
    const all = await rewardSearch('test', tokens.policy, rewards, { budget: 3, topP: 0.99 }).complete(
      request,
    );
    expect(all.completions).toHaveLength(3);
  });

  it('an unseen end: by default worth what it ends, in the reference the last resort', async () => {
    const rewards = scripted(
      (token) => (token === end ? UNSEEN_REWARD : 1),
      (token) => token === end,
    );
    const request = completionRequest({ minNewTokens: 1, maxNewTokens: 3 });
    // With top-p 1 the end is a candidate after each node; ties go to likelier tokens, so the budget takes all.
    const settings = { budget: 2000, topP: 1 };
    const ours = await rewardSearch('test', tokens.policy, rewards, settings).complete({
      ...request,
      maxNewTokens: 2,
    });
    const ends = ours.tree.filter(({ token }) => token === end);
    expect(ends.length).toBeGreaterThan(0);
    expect(ends.every(({ reward, state }) => reward === 1 && state !== 'unseen')).toBe(true);
    const theirs = await rewardSearch('test', tokens.policy, rewards, {
      budget: 4,
      topP: 1,
      order: 'reference',
    }).complete(request);
    expect(theirs.completions.every(({ isFinished }) => !isFinished)).toBe(true);
  });

  it('ends within one forward of a cancellation, with its reason, and holds nothing afterwards', async () => {
    for (const stop of [0, 1, 3]) {
      const controller = new AbortController();
      const reason = new Error('the next key');
      const steps: number[] = [];
      const search = rewardSearch('test', tokens.policy, saffron, { budget: 4 }).complete(
        completionRequest(),
        {
          signal: controller.signal,
          onStep: ({ step }) => {
            steps.push(step);
            if (step === stop) controller.abort(reason);
          },
        },
      );
      await expect(search).rejects.toBe(reason);
      expect(steps.at(-1)).toBe(stop);
      expect(policy.cache.pinnedPositions).toBe(0);
      expect(rewardModel.cache.pinnedPositions).toBe(0);
    }
    const aborted = rewardSearch('test', tokens.policy, saffron).complete(completionRequest(), {
      signal: AbortSignal.abort('no'),
    });
    await expect(aborted).rejects.toBe('no');
    // Room that was not given back would fill the cache after some such searches.
    const again = await rewardSearch('test', tokens.policy, saffron, { budget: 4 }).complete(
      completionRequest(),
    );
    expect(again.completions.length).toBeGreaterThan(0);
  });

  it('counts what the engines count, and computes little a second time', async () => {
    const request = completionRequest({ instruction: 'Something not asked before.' });
    const before = [policy.cache.forwardedTokens, rewardModel.cache.forwardedTokens];
    const search = rewardSearch('test', tokens.policy, saffron, { budget: 4 });
    const { counters } = await search.complete(request);
    expect(counters.policyTokens).toBe(policy.cache.forwardedTokens - before[0]!);
    expect(counters.rewardTokens).toBe(rewardModel.cache.forwardedTokens - before[1]!);
    expect(counters.forwardedTokens).toBe(counters.policyTokens + counters.rewardTokens);
    const second = await search.complete(request);
    expect(second.counters.rewardCalls).toBe(counters.rewardCalls);
    // Tips alone are evaluated again, since logits are not cached.
    expect(second.counters.rewardTokens).toBeLessThanOrEqual(second.counters.rewardCalls);
  });

  it('refuses an empty prompt and one that does not fit, before it computes', async () => {
    const { forwardedTokens } = policy.cache;
    const search = rewardSearch('test', tokens.policy, saffron, { budget: 2 });
    const empty = search.complete(completionRequest({ prompt: { kind: 'parts', parts: [] } }));
    await expectVerityError(empty, 'badInput', /prompt is empty/);
    const long = search.complete(completionRequest({ maxNewTokens: 600 }));
    await expectVerityError(long, 'contextOverflow', /600 are kept for the completion/);
    expect(policy.cache.forwardedTokens).toBe(forwardedTokens);
  });
});
