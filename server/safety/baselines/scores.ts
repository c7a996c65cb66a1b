/** Rewards of finished or half-finished completions. */
import type { CompletionHooks } from '../method.ts';
import type { ProcessRewards, ProcessRewardSource } from '../rewards/process.ts';
import type { SearchNode } from '../../protocol/completion.ts';
import type { SearchTree } from '../search/tree.ts';

/**
 * Asks the reward model about each path and notes its answer at the path's end. An end token that no training data
 * showed is worth what it ends.
 */
export async function score(
  tree: SearchTree,
  rewards: ProcessRewards,
  nodes: readonly SearchNode[],
  isEnd: (node: SearchNode) => boolean,
): Promise<void> {
  const scores = await rewards.score(nodes.map((node) => tree.tokens(node)));
  for (const [index, node] of nodes.entries()) node.reward = scores[index]!.reward;
  const unseen = nodes.filter((node, index) => scores[index]!.isUnseen && isEnd(node) && node.depth > 1);
  const before = await rewards.score(unseen.map((node) => tree.tokens(node).slice(0, -1)));
  for (const [index, node] of unseen.entries()) node.reward = before[index]!.reward;
}

/** The best first. */
export const byReward = (a: SearchNode, b: SearchNode): number => b.reward - a.reward;

/** Completions are ranked even where drawing them was stopped: without a reward none could be shown. */
export const ranking =
  (source: ProcessRewardSource, { signal }: CompletionHooks): ProcessRewardSource =>
  (request) =>
    source({ ...request, signal });
