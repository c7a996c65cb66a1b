/**
 * Reward-balanced search (Rebase, Wu et al., arXiv 2408.00724): after every few tokens a process reward model scores the
 * leaves, and each is drawn on from as often as its share of the softmax of the rewards says.
 */
import { softmax } from '../../runtime/sampling.ts';
import type { TokenModel } from '../../runtime/token-model.ts';
import type { CompletionMethod } from '../method.ts';
import type { ProcessRewardSource } from '../rewards/process.ts';
import { withPaths } from '../search/resources.ts';
import type { SearchNode } from '../../protocol/completion.ts';
import { type Drawing, Rollouts } from './rollouts.ts';
import { SAFFRON_DRAWING } from './sampling.ts';
import { byReward, ranking, score } from './scores.ts';

export interface RebaseSettings {
  /** Leaves at a time; each that finishes takes its place for good. */
  width: number;
  /** Tokens between two scorings. */
  stepTokens: number;
  /** Of the softmax over rewards: the lower, the more the best leaves are preferred. */
  balance: number;
}

export const DEFAULT_REBASE: RebaseSettings = { width: 16, stepTokens: 8, balance: 1 };

export function rebase(
  policy: TokenModel,
  source: ProcessRewardSource,
  settings: Partial<RebaseSettings> = {},
  drawing: Drawing = SAFFRON_DRAWING,
): CompletionMethod {
  const { width, stepTokens, balance } = { ...DEFAULT_REBASE, ...settings };
  return {
    name: 'rebase',
    complete: (request, hooks = {}) =>
      withPaths(policy, request, hooks, width, ranking(source, hooks), async (paths, rewards) => {
        const rollouts = new Rollouts(policy, paths, request, hooks, drawing, rewards.counters);
        const { tree } = rollouts;
        const finished: SearchNode[] = [];
        let leaves = Array<SearchNode>(width).fill(tree.root);
        for (
          let depth = 0;
          depth < request.maxNewTokens && leaves.length > 0 && !rollouts.isStopped;
          depth += stepTokens
        ) {
          const tips = await rollouts.advance(leaves, Math.min(stepTokens, request.maxNewTokens - depth));
          await score(tree, rewards, tips, (node) => rollouts.isEnd(node));
          finished.push(...tips.filter((node) => rollouts.isEnd(node)));
          leaves = tips.filter((node) => !rollouts.isEnd(node));
          if (depth + stepTokens < request.maxNewTokens)
            leaves = spread(leaves, width - finished.length, balance);
        }
        return rollouts.result([...finished, ...leaves].sort(byReward), true);
      }),
  };
}

/** `count` leaves to go on from, each as often as its reward deserves, shares rounded by largest remainder. */
export function spread(leaves: readonly SearchNode[], count: number, balance: number): SearchNode[] {
  if (leaves.length === 0) return [];
  const shares = softmax(Float32Array.from(leaves, ({ reward }) => reward / balance));
  const wanted = Array.from(shares, (share) => share * count);
  const given = wanted.map(Math.floor);
  const left = count - given.reduce((sum, number) => sum + number, 0);
  const order = [...leaves.keys()].sort((a, b) => wanted[b]! - given[b]! - (wanted[a]! - given[a]!) || a - b);
  for (const index of order.slice(0, left)) given[index]!++;
  return leaves.flatMap((leaf, index) => Array<SearchNode>(given[index]!).fill(leaf));
}
