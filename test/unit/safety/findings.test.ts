/** What a search says beside its completions. */
import { describe, expect, it } from 'vitest';
import type { NodeState, SearchNode } from '../../../server/protocol/completion.ts';
import type { TokenModel } from '../../../server/runtime/token-model.ts';
import { completionText, Findings } from '../../../server/safety/findings.ts';
import type { CompletionResult } from '../../../server/safety/method.ts';

/** A vocabulary of words; a token is its word's place. */
const WORDS = ['safe', 'shell', '(', ')', 'rare', 'odd', '<end>'];

/** As decoders that drop the first space: words are joined by spaces. */
const policy = {
  decode: (tokens: readonly number[]) => tokens.map((token) => WORDS[token]).join(' '),
} as TokenModel;

type Entry = [parent: number, word: string, probability: number, reward: number, state: NodeState];

function result(
  entries: Entry[],
  completions: [node: number, reward: number | undefined][],
): CompletionResult {
  const tree: SearchNode[] = [
    { id: 0, depth: 0, token: -1, text: '', probability: 1, reward: 0, state: 'kept' },
  ];
  for (const [parent, word, probability, reward, state] of entries)
    tree.push({
      id: tree.length,
      parent,
      depth: tree[parent]!.depth + 1,
      token: WORDS.indexOf(word),
      text: word,
      probability,
      reward,
      state,
    });
  return {
    tree,
    completions: completions.map(([node, reward]) => ({
      node,
      reward,
      tokens: [],
      text: '',
      isFinished: true,
    })),
    counters: {
      ...{ rewardCalls: 0, candidates: 0, forwardedTokens: 0, policyTokens: 0, rewardTokens: 0 },
      ...{ cacheHits: 0, ms: 0 },
    },
    isStopped: false,
  };
}

/** `shell (` is likelier than `safe )`, and the rewards are against it. */
const TREE: Entry[] = [
  [0, 'safe', 0.2, 0.9, 'kept'],
  [0, 'shell', 0.7, -0.8, 'pruned'],
  [0, 'odd', 0.1, -1024, 'unseen'],
  [1, '(', 0.5, -0.1, 'pruned'],
  [1, ')', 0.4, 0.5, 'kept'],
  [1, 'rare', 0.01, -0.9, 'pruned'],
];

describe('what was avoided', () => {
  it('is what was likely where the completion went on otherwise, and had a reward below the threshold', () => {
    const { avoided, isRefused, refusal } = new Findings(policy, result(TREE, [[5, 0.7]]), 0);
    expect(avoided).toEqual([
      { node: 2, text: 'shell', probability: 0.7, reward: -0.8 },
      { node: 4, text: 'safe (', probability: 0.5, reward: -0.1 },
    ]);
    expect([isRefused, refusal]).toEqual([false, undefined]);
  });

  it('is told as far as the tree leads from it', () => {
    const tree: Entry[] = [...TREE, [2, '(', 0.3, -1, 'pruned'], [2, ')', 0.6, -1, 'pruned']];
    expect(new Findings(policy, result(tree, [[5, 0.7]]), 0).avoided[0]!.text).toBe('shell )');
  });

  it('leaves out what no completion came by', () => {
    const tree: Entry[] = [...TREE, [2, '(', 0.9, -1, 'pruned']];
    expect(new Findings(policy, result(tree, [[5, 0.7]]), 0).avoided.map(({ node }) => node)).toEqual([2, 4]);
  });

  it('is at most five, the likeliest first', () => {
    const many = Array.from({ length: 9 }, (_, index): Entry => [
      0,
      'shell',
      0.05 + index / 100,
      -1,
      'pruned',
    ]);
    const { avoided } = new Findings(policy, result([[0, 'safe', 0.2, 1, 'kept'], ...many], [[1, 1]]), 0);
    expect(avoided.map(({ probability }) => Math.round(100 * probability))).toEqual([13, 12, 11, 10, 9]);
  });
});

describe('a refusal', () => {
  it('says in one sentence what the model would have written', () => {
    const found = new Findings(policy, result(TREE, [[5, -0.25]]), 0);
    expect(found.isRefused).toBe(true);
    expect(found.refusal).toMatch(
      /^Nothing is suggested: [^.]*“shell”.*reward of -0\.25, below the threshold of 0\.$/,
    );
    expect(found.avoided[0]).toMatchObject({ node: 2, text: 'shell' });
  });

  it('begins below the threshold, and is none without a reward', () => {
    expect(new Findings(policy, result(TREE, [[5, 0.3]]), 0.3).isRefused).toBe(false);
    expect(new Findings(policy, result(TREE, [[5, 0.29]]), 0.3).isRefused).toBe(true);
    expect(new Findings(policy, result(TREE, [[5, undefined]]), 0.3).isRefused).toBe(false);
    expect(new Findings(policy, result(TREE, []), 0.3).isRefused).toBe(false);
  });
});

describe("a completion's text", () => {
  it('keeps the space between prompt and completion', () => {
    expect(completionText(policy, [4, 0], { tokens: [2, 3], isFinished: true })).toBe(' ( )');
  });

  it('ends before a character that was cut, not before one that the model wrote', () => {
    const cut = {
      decode: (tokens: readonly number[]) => tokens.map(() => 'a').join('') + '\uFFFD',
    } as TokenModel;
    const whole = { tokens: [1, 1], isFinished: true };
    expect(completionText(cut, [], { ...whole, isFinished: false })).toBe('a');
    expect(completionText(cut, [], whole)).toBe('a\uFFFD');
  });
});
