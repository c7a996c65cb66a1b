/** The policy by itself: the likeliest token each time, or drawn ones. */
import type { TokenModel } from '../../runtime/token-model.ts';
import type { CompletionMethod } from '../method.ts';
import { withPaths } from '../search/resources.ts';
import { type Drawing, NO_REWARDS, Rollouts } from './rollouts.ts';

export const GREEDY_DRAWING: Drawing = { temperature: 0, topP: 1 };
/** Temperature and top-p of the reference's policy. */
export const SAFFRON_DRAWING: Drawing = { temperature: 1, topP: 0.8 };

/** One completion, or `count` of them in the order they were drawn. */
export const sampling = (
  name: string,
  policy: TokenModel,
  drawing: Drawing = SAFFRON_DRAWING,
  count = 1,
): CompletionMethod => ({
  name,
  complete: (request, hooks = {}) =>
    withPaths(policy, request, hooks, count, noRewards, async (paths) => {
      const rollouts = new Rollouts(policy, paths, request, hooks, drawing);
      const { root } = rollouts.tree;
      const tips = await rollouts.advance(Array<typeof root>(count).fill(root), request.maxNewTokens);
      return rollouts.result(tips, false);
    }),
});

export const greedy = (policy: TokenModel): CompletionMethod => sampling('greedy', policy, GREEDY_DRAWING);

const noRewards = () => Promise.resolve({ counters: NO_REWARDS, release: () => undefined });
