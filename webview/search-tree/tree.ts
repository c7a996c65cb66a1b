/** A search's tree as a panel draws it: put together from the steps that it was told in, at any of them. */
import type { NodeState, SearchNode } from '../../server/protocol/completion.ts';
import type { SearchRun } from '../../server/protocol/search-tree-panel.ts';

export interface TreeNode extends Omit<SearchNode, 'parent' | 'state'> {
  parent: TreeNode | undefined;
  children: TreeNode[];
  /** The step that found it; −1 of the root. */
  step: number;
  /** Its states and the steps since which they hold, in order. */
  states: { since: number; state: NodeState }[];
  /** Sum and number of the rewards on the path to it, unseen tokens left out. */
  rewardSum: number;
  rewardCount: number;
}

export interface Tree {
  root: TreeNode;
  /** By id. */
  nodes: Map<number, TreeNode>;
  /** Number of steps told so far. */
  stepCount: number;
  /** Ids that each step goes on from. */
  live: readonly (readonly number[])[];
  /** Of the rewards of all tokens but the unseen; equal where there is nothing to compare. */
  rewards: { min: number; max: number };
}

/** What the server gives a token that its reward model never saw; a drawing's scale leaves it out. */
const isUnseenReward = (reward: number): boolean => reward <= -1000;

/** Of a run's steps in order. A node whose parent was never told hangs at the root, so nothing is lost. */
export function treeOf({ steps }: Pick<SearchRun, 'steps'>): Tree {
  const root: TreeNode = {
    id: 0,
    depth: 0,
    token: -1,
    text: '',
    probability: 1,
    reward: 0,
    parent: undefined,
    children: [],
    step: -1,
    states: [{ since: -1, state: 'kept' }],
    rewardSum: 0,
    rewardCount: 0,
  };
  const nodes = new Map([[0, root]]);
  const rewards = { min: Infinity, max: -Infinity };
  for (const [step, { added, changed }] of steps.entries()) {
    for (const told of added) {
      if (nodes.has(told.id)) continue;
      const node = grown(told, (told.parent !== undefined && nodes.get(told.parent)) || root, step);
      nodes.set(node.id, node);
      if (isUnseenReward(node.reward)) continue;
      rewards.min = Math.min(rewards.min, node.reward);
      rewards.max = Math.max(rewards.max, node.reward);
    }
    for (const { id, state } of changed) nodes.get(id)?.states.push({ since: step, state });
  }
  if (rewards.min > rewards.max) Object.assign(rewards, { min: 0, max: 0 });
  return { root, nodes, stepCount: steps.length, live: steps.map(({ live }) => live), rewards };
}

function grown(told: SearchNode, parent: TreeNode, step: number): TreeNode {
  const { state, ...rest } = told;
  const counts = isUnseenReward(told.reward) ? 0 : 1;
  const node: TreeNode = {
    ...rest,
    parent,
    children: [],
    step,
    states: [{ since: step, state }],
    rewardSum: parent.rewardSum + counts * told.reward,
    rewardCount: parent.rewardCount + counts,
  };
  parent.children.push(node);
  return node;
}

/** A node's state after a step; undefined before it was found. */
export function stateAt({ states }: TreeNode, step: number): NodeState | undefined {
  let found: NodeState | undefined;
  for (const { since, state } of states) if (since <= step) found = state;
  return found;
}

/** Children found until a step, the likeliest first. */
export const childrenAt = ({ children }: TreeNode, step: number): TreeNode[] =>
  children.filter((child) => child.step <= step).sort((a, b) => b.probability - a.probability);

/** From below the root to the node. */
export function pathTo(node: TreeNode): TreeNode[] {
  const path: TreeNode[] = [];
  for (let at = node; at.parent !== undefined; at = at.parent) path.push(at);
  return path.reverse();
}

/** The text that a path adds to the prompt. An end token has none. */
export const pathText = (node: TreeNode): string =>
  pathTo(node)
    .filter((one) => stateAt(one, Infinity) !== 'finished')
    .map(({ text }) => text)
    .join('');

/** The mean reward of the path to a node, by which completions are ranked. */
export const pathReward = ({ rewardSum, rewardCount }: TreeNode): number =>
  rewardCount === 0 ? 0 : rewardSum / rewardCount;

/**
 * The end of the best path after a step: after the last one what the search has answered with, before it the best of
 * the paths that were finished or went on.
 */
export function bestAt(tree: Tree, step: number, { result }: Pick<SearchRun, 'result'>): TreeNode {
  const answer = result?.completions[0];
  const answered = answer && tree.nodes.get(answer.node);
  if (answered !== undefined && step >= tree.stepCount - 1) return answered;
  const finished = [...tree.nodes.values()].filter((node) => stateAt(node, step) === 'finished');
  const live = (tree.live[step] ?? []).flatMap((id) => tree.nodes.get(id) ?? []);
  const best = (list: readonly TreeNode[]) =>
    list.reduce<TreeNode | undefined>(
      (top, node) => (top === undefined || pathReward(node) > pathReward(top) ? node : top),
      undefined,
    );
  return best(finished) ?? best(live) ?? tree.root;
}
