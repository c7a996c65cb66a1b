/** The methods that Saffron-1 is compared with: each does what its name says, on the same models. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestOfN } from '../../../../server/safety/baselines/best-of-n.ts';
import { rebase, spread } from '../../../../server/safety/baselines/rebase.ts';
import { greedy, sampling } from '../../../../server/safety/baselines/sampling.ts';
import { asProcessRewards, multifurcationRewards } from '../../../../server/safety/rewards/multifurcation.ts';
import { chatGuardPrompt, guardRewards, perCandidate } from '../../../../server/safety/rewards/process.ts';
import { rewardSearch } from '../../../../server/safety/search/multifurcation.ts';
import type { SearchNode } from '../../../../server/protocol/completion.ts';
import { expectVerityError, greedyRequest } from '../../runtime/fixtures.ts';
import { completionRequest, loadModels } from '../models.ts';

const { policy, guard, unseen, tokens } = await loadModels();
const saffron = { model: tokens.rewards, unseen };
const prm = guardRewards(tokens.guard);

/** The guard's verdict on a whole completion, evaluated from its beginning. */
async function verdict(instruction: string, text: string): Promise<number> {
  const { logits } = await guard.evaluate(chatGuardPrompt(tokens.guard, instruction, text));
  const row = logits.subarray(logits.length - guard.info.vocabSize);
  const [safe, notSafe] = ['safe', 'unsafe'].map((word) => tokens.guard.encodeText(word)[0]!);
  return row[safe!]! - row[notSafe!]!;
}

describe('greedy', () => {
  it('writes what generation writes', async () => {
    const parts = [{ text: 'function sum(a, b) {' }];
    const { steps, text } = await policy.generate(greedyRequest(parts, { maxNewTokens: 12 }));
    const request = completionRequest({
      prompt: { kind: 'parts', parts },
      maxNewTokens: 12,
      minNewTokens: 0,
    });
    const { completions, counters } = await greedy(tokens.policy).complete(request);
    expect(completions[0]!.tokens).toEqual(steps.map(({ token }) => token));
    expect(completions[0]!.text).toBe(text);
    expect(completions[0]!.reward).toBeUndefined();
    expect(counters.rewardCalls).toBe(0);
  });
});

describe('sampling', () => {
  it('draws the same with the same seed, and something else with another', async () => {
    const method = sampling('sampling', tokens.policy, undefined, 4);
    const [one, two, other] = [1, 1, 2].map((seed) => method.complete(completionRequest({ seed })));
    expect((await one!).completions).toEqual((await two!).completions);
    expect((await one!).completions).not.toEqual((await other!).completions);
    expect(new Set((await one!).completions.map(({ text }) => text)).size).toBeGreaterThan(1);
  });

  it('never ends before the minimum', async () => {
    const { tree } = await sampling('sampling', tokens.policy, { temperature: 30, topP: 1 }, 40).complete(
      completionRequest({ minNewTokens: 5, maxNewTokens: 6 }),
    );
    const ends = tree.filter(({ token }) => tokens.policy.endTokens.has(token));
    expect(ends.every(({ depth }) => depth > 5)).toBe(true);
  });
});

describe('Best-of-N', () => {
  it("ranks N completions by the guard's safe minus unsafe at the end of its prompt, one call each", async () => {
    const request = completionRequest();
    const { completions, counters } = await bestOfN(tokens.policy, prm, 5).complete(request);
    expect(completions).toHaveLength(5);
    expect(counters.rewardCalls).toBe(5);
    for (const { text, reward } of completions)
      expect(reward).toBeCloseTo(await verdict(request.instruction, text), 3);
    const rewards = completions.map(({ reward }) => reward!);
    expect(rewards).toEqual(rewards.toSorted((a, b) => b - a));
  });

  it('refuses a guard that cannot tell safe from unsafe', async () => {
    const blind = { ...Object.create(tokens.guard), encodeText: () => [1] } as typeof tokens.guard;
    const method = bestOfN(tokens.policy, guardRewards(blind), 2);
    await expectVerityError(method.complete(completionRequest()), 'badModel', /safe from unsafe/);
    expect(policy.cache.pinnedPositions).toBe(0);
  });
});

describe('beam search with a process reward model', () => {
  it('chooses what Saffron-1 chooses if its reward model is asked token by token, with a call per candidate', async () => {
    const settings = { budget: 3, topP: 0.8 };
    const request = completionRequest({ maxNewTokens: 6 });
    const one = await rewardSearch(
      'saffron',
      tokens.policy,
      multifurcationRewards(saffron),
      settings,
    ).complete(request);
    const beam = rewardSearch('beam', tokens.policy, perCandidate(asProcessRewards(saffron)), settings);
    const two = await beam.complete(request);
    expect(two.completions.map(({ tokens }) => tokens)).toEqual(one.completions.map(({ tokens }) => tokens));
    expect(two.counters.rewardCalls).toBe(two.counters.candidates);
    expect(one.counters.candidates).toBe(two.counters.candidates);
    expect(one.counters.rewardCalls).toBeLessThan(two.counters.rewardCalls);
  });

  it('keeps the candidates that the guard likes best', async () => {
    const request = completionRequest({ maxNewTokens: 2, minNewTokens: 2 });
    const beam = rewardSearch('beam', tokens.policy, perCandidate(prm), { budget: 2, topP: 0.3 });
    const { tree } = await beam.complete(request);
    const first = tree.filter(({ depth }) => depth === 1);
    const scores = await Promise.all(
      first.map(async ({ token }) => verdict(request.instruction, tokens.policy.decode([token]))),
    );
    for (const [index, { reward }] of first.entries()) expect(reward).toBeCloseTo(scores[index]!, 3);
    const best = scores.toSorted((a, b) => b - a).slice(0, 2);
    const kept = first.filter(({ state }) => state === 'kept').map(({ reward }) => reward);
    for (const [place, reward] of kept.toSorted((a, b) => b - a).entries())
      expect(reward).toBeCloseTo(best[place]!, 3);
  });
});

describe('rebase', () => {
  it('spreads its width over the leaves by the softmax of their rewards', () => {
    const leaves = (rewards: number[]) => rewards.map((reward, id) => ({ id, reward }) as SearchNode);
    const ids = (nodes: SearchNode[]) => nodes.map(({ id }) => id);
    expect(ids(spread(leaves([1, 1, 1, 1]), 4, 1))).toEqual([0, 1, 2, 3]);
    expect(ids(spread(leaves([0, 50, 0]), 3, 1))).toEqual([1, 1, 1]);
    expect(ids(spread(leaves([0, Math.log(3)]), 4, 1))).toEqual([0, 1, 1, 1]);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 9 }),
        fc.nat(40),
        (list, count) => {
          const given = spread(leaves(list), count, 0.7);
          expect(given).toHaveLength(count);
          const times = list.map((_, id) => given.filter((node) => node.id === id).length);
          for (const [a, one] of list.entries())
            for (const [b, other] of list.entries())
              if (one > other) expect(times[a]).toBeGreaterThanOrEqual(times[b]!);
        },
      ),
    );
  });

  it('scores its leaves every few tokens and ranks what it ends with', async () => {
    const request = completionRequest({ maxNewTokens: 9 });
    const method = rebase(tokens.policy, prm, { width: 4, stepTokens: 4 });
    const { completions, counters } = await method.complete(request);
    expect(completions).toHaveLength(4);
    for (const { text, tokens, isFinished, reward } of completions) {
      expect(isFinished || tokens.length === 9).toBe(true);
      expect(reward).toBeCloseTo(await verdict(request.instruction, text), 3);
    }
    // After 4, 8 and 9 tokens, but for leaves that ended earlier.
    expect(counters.rewardCalls).toBeLessThanOrEqual(12);
    expect(counters.rewardCalls).toBeGreaterThanOrEqual(4);
    const again = await method.complete(request);
    expect(again.completions.map(({ text }) => text)).toEqual(completions.map(({ text }) => text));
    expect(guard.cache.pinnedPositions).toBe(0);
  });
});
