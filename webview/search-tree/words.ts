/** What the panel says, in words: kept apart from how it looks. */
import type { NodeState, SearchCounters } from '../../server/protocol/completion.ts';
import type { SearchRun } from '../../server/protocol/search-tree-panel.ts';
import { pathReward, stateAt, type TreeNode } from './tree.ts';

export const percent = (share: number): string => {
  const value = 100 * share;
  return `${value > 0 && value < 0.95 ? value.toFixed(1) : Math.round(value)} %`;
};

export const milliseconds = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;

const count = (value: number): string => value.toLocaleString('en').replaceAll(',', '\u202F');

export const rewardText = (reward: number): string => reward.toFixed(2).replace('-', '−');

/** A token on one line, its white space made visible. */
export function tokenLabel({ text, token }: Pick<TreeNode, 'text' | 'token'>): string {
  if (text === '') return `#${token}`;
  return text.replaceAll('\n', '⏎').replaceAll('\t', '⇥').replaceAll(' ', '·');
}

export const STATE_WORDS: Record<NodeState, string> = {
  kept: 'kept in the beam',
  pruned: 'pruned: others had higher rewards',
  unseen: 'unseen by the reward model, so not explored',
  finished: 'finished: the end of a completion',
};

/** A node in one line, as screen readers hear it. */
export function nodeInWords(node: TreeNode, step: number): string {
  if (node.parent === undefined) return 'Root: the prompt';
  const state = stateAt(node, step) ?? 'kept';
  const reward = state === 'unseen' ? [] : [`reward ${rewardText(node.reward)}`];
  return [tokenLabel(node), percent(node.probability), ...reward, STATE_WORDS[state]].join(', ');
}

/** What a path is worth. */
export const pathRewardText = (node: TreeNode): string =>
  node.rewardCount === 0 ? '—' : rewardText(pathReward(node));

/** The line above the tree, which screen readers hear when it changes. */
export function statusLine(run: SearchRun): string {
  const { phase, steps, result } = run;
  const nodes = steps.reduce((sum, { added }) => sum + added.length, 0);
  const size = `${count(nodes)} tokens in ${steps.length} steps`;
  if (phase === 'growing') return steps.length === 0 ? 'Starting the search…' : `Searching: ${size}…`;
  if (phase === 'ended') {
    const found = result?.completions.length ?? 0;
    return `${found} ${found === 1 ? 'completion' : 'completions'} found: ${size}`;
  }
  return `${{ refused: 'Refused', cancelled: 'Cancelled', failed: 'Failed' }[phase]}: ${size}`;
}

export const runTitle = ({ title, source, budget, method }: SearchRun): string =>
  `${title} · ${method}, budget ${budget}${source === 'inline' ? ' · while typing' : ''}`;

/** What a search has cost, and what it has saved against a reward model that is asked about each candidate. */
export function counterFacts(counters: SearchCounters): [name: string, value: string, explanation: string][] {
  const { rewardCalls, candidates, cacheHits, forwardedTokens, policyTokens, rewardTokens, ms } = counters;
  const saved = Math.max(0, candidates - rewardCalls);
  const asked = forwardedTokens + cacheHits;
  return [
    [
      'Reward calls saved',
      candidates === 0 ? '—' : `${count(saved)} (${percent(saved / candidates)})`,
      `${count(rewardCalls)} instead of the ${count(candidates)} that a process reward model would take`,
    ],
    [
      'Cache hits',
      count(cacheHits),
      asked === 0
        ? 'nothing was asked yet'
        : `${percent(cacheHits / asked)} of all positions were there already`,
    ],
    [
      'Tokens forwarded',
      count(forwardedTokens),
      `${count(policyTokens)} by the policy, ${count(rewardTokens)} by the reward model`,
    ],
    ['Time', milliseconds(ms), 'of the search, without waiting and loading'],
  ];
}
