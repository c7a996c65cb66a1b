/** Rewards of finished or half-finished completions. */
import type { ProcessRewards } from '../rewards/process.ts';
import type { SearchNode } from '../../protocol/completion.ts';
import type { SearchTree } from '../search/tree.ts';

/** Asks the reward model about each path and notes its answer at the path's end. */
export async function score(
  tree: SearchTree,
  rewards: ProcessRewards,
  nodes: readonly SearchNode[],
): Promise<void> {
  const scores = await rewards.score(nodes.map((node) => tree.tokens(node)));
  for (const [index, node] of nodes.entries()) node.reward = scores[index]!.reward;
}

/** The best first. */
export const byReward = (a: SearchNode, b: SearchNode): number => b.reward - a.reward;
