/**
 * Multifurcation search straight from the paper's pseudo-code: no cache, no batch, every prefix evaluated from its
 * beginning, plain arrays. What the product's search is held to. The order of ties is the product's: likelier tokens of
 * earlier nodes first.
 */
import type { LanguageModel } from '../../../../server/runtime/language-model.ts';

export interface ReferenceModel {
  evaluate: LanguageModel['evaluate'];
  vocabSize: number;
}

export interface ReferenceSearch {
  policy: ReferenceModel;
  /** M */
  reward: ReferenceModel;
  prompt: number[];
  /** Tokens of the reward model for an output of the policy. */
  frame: (output: number[]) => number[];
  /** The reward model's token for a policy's, undefined where there is none. */
  toReward: (token: number) => number | undefined;
  unseen: ArrayLike<number>;
  ends: ReadonlySet<number>;
  budget: number;
  topP: number;
  maxNewTokens: number;
  minNewTokens: number;
  order: 'path' | 'reference';
}

export interface ReferenceOutcome {
  outputs: { tokens: number[]; finished: boolean; reward: number }[];
  /** Calls of the reward model, calls that one per candidate would have taken, and positions evaluated. */
  rewardCalls: number;
  candidates: number;
  policyTokens: number;
  rewardTokens: number;
  /** The smallest relative gap between two rewards at a cut, and between a mass and p: below it, rounding decides. */
  margin: number;
}

interface Node {
  tokens: number[];
  rewards: number[];
  last: number;
  finished: boolean;
}

export async function referenceSearch(search: ReferenceSearch): Promise<ReferenceOutcome> {
  const { policy, reward, prompt, frame, toReward, unseen, ends, budget, topP, order } = search;
  const outcome: ReferenceOutcome = {
    outputs: [],
    rewardCalls: 0,
    candidates: 0,
    policyTokens: 0,
    rewardTokens: 0,
    margin: Infinity,
  };
  const lastRow = async (model: ReferenceModel, tokens: number[]) => {
    const { logits } = await model.evaluate(tokens);
    return [...logits.subarray(logits.length - model.vocabSize)];
  };
  const mean = ({ rewards }: Node) =>
    rewards.length === 0 ? 0 : rewards.reduce((sum, value) => sum + value, 0) / rewards.length;
  const stored = (node: Node) => {
    if (!node.finished) return -Infinity;
    return order === 'reference' ? node.last : mean(node);
  };

  let beam: Node[] = [{ tokens: [], rewards: [], last: 0, finished: false }];
  for (let step = 0; step < search.maxNewTokens && beam.some(({ finished }) => !finished); step++) {
    const children: Node[] = [];
    for (const node of beam) {
      if (node.finished) continue;
      const context = [...prompt, ...node.tokens];
      const logits = await lastRow(policy, context);
      outcome.policyTokens += context.length;
      if (step < search.minNewTokens) for (const end of ends) logits[end] = -Infinity;
      const highest = Math.max(...logits);
      const weights = logits.map((value) => Math.exp(value - highest));
      const total = weights.reduce((sum, value) => sum + value, 0);
      const sorted = [...weights.keys()].sort((a, b) => weights[b]! - weights[a]! || a - b);
      let mass = 0;
      const likely: number[] = [];
      for (const token of sorted) {
        outcome.margin = Math.min(outcome.margin, Math.abs(mass - topP));
        if (mass >= topP) break;
        likely.push(token);
        mass += weights[token]! / total;
      }
      const framed = frame(node.tokens);
      const rewards = await lastRow(reward, framed);
      outcome.rewardCalls++;
      outcome.rewardTokens += framed.length;
      for (const token of likely) {
        outcome.candidates++;
        const mapped = toReward(token);
        const isUnseen = mapped === undefined || unseen[mapped] === 1;
        const finished = ends.has(token);
        const tokens = [...node.tokens, token];
        if (isUnseen && finished && order === 'path' && node.rewards.length > 0)
          children.push({ tokens, rewards: node.rewards, last: node.last, finished });
        else {
          const own = isUnseen ? -1024 : rewards[mapped]!;
          children.push({ tokens, rewards: [...node.rewards, own], last: own, finished });
        }
      }
    }
    if (children.length === 0) break;
    const best = [...children].sort((a, b) => b.last - a.last);
    const [inside, outside] = [best[budget - 1], best[budget]];
    if (inside !== undefined && outside !== undefined && inside.last !== outside.last)
      outcome.margin = Math.min(outcome.margin, inside.last - outside.last);
    const all = [...beam.filter(({ finished }) => finished), ...best.slice(0, budget)];
    beam = all
      .map((node, index) => ({ node, index }))
      .sort((a, b) => {
        const [x, y] = [stored(a.node), stored(b.node)];
        return x === y ? a.index - b.index : y - x;
      })
      .slice(0, budget)
      .map(({ node }) => node);
  }
  const done = beam.filter(({ finished }) => finished);
  const open = beam.filter(({ finished }) => !finished);
  if (order === 'path') open.sort((a, b) => mean(b) - mean(a));
  outcome.outputs = [...done, ...open].map((node) => ({
    tokens: node.finished ? node.tokens.slice(0, -1) : node.tokens,
    finished: node.finished,
    reward: order === 'path' ? mean(node) : node.last,
  }));
  return outcome;
}
