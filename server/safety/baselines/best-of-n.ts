/** Best-of-N: N drawn completions, of which a process reward model takes the best. */
import type { TokenModel } from '../../runtime/token-model.ts';
import type { CompletionMethod } from '../method.ts';
import type { ProcessRewardSource } from '../rewards/process.ts';
import { withPaths } from '../search/resources.ts';
import { type Drawing, Rollouts } from './rollouts.ts';
import { SAFFRON_DRAWING } from './sampling.ts';
import { byReward, ranking, score } from './scores.ts';

export const bestOfN = (
  policy: TokenModel,
  source: ProcessRewardSource,
  count = 16,
  drawing: Drawing = SAFFRON_DRAWING,
): CompletionMethod => ({
  name: 'best-of-n',
  complete: (request, hooks = {}) =>
    withPaths(policy, request, hooks, count, ranking(source, hooks), async (paths, rewards) => {
      const rollouts = new Rollouts(policy, paths, request, hooks, drawing, rewards.counters);
      const { root } = rollouts.tree;
      const tips = await rollouts.advance(Array<typeof root>(count).fill(root), request.maxNewTokens);
      await score(rollouts.tree, rewards, tips, (node) => rollouts.isEnd(node));
      return rollouts.result(tips.toSorted(byReward), true);
    }),
});
