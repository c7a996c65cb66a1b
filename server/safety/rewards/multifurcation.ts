/**
 * The multifurcation reward model in a search: one call for a sequence gives the rewards of all its next tokens
 * (Saffron-1, arXiv 2506.06444).
 */
import type { TokenModel } from '../../runtime/token-model.ts';
import type { RewardRequest } from '../method.ts';
import { type PathCounters, Paths } from '../paths.ts';
import { frameTokens, type RewardFrame, SAFFRON_FRAME } from './frame.ts';
import { inParts, type ProcessRewardSource } from './process.ts';
import type { NextTokenRewards, NextTokenRewardSource, TokenReward } from './rewards.ts';
import { TokenMap } from './token-map.ts';

export interface MultifurcationModel {
  model: TokenModel;
  /** [vocabSize]: 1 for a token that no training data showed. */
  unseen: Uint8Array;
  /** How it is shown the conversation; Saffron-1's way if left out. */
  frame?: RewardFrame;
}

/** The reference's; the paper's is −∞. */
export const UNSEEN_REWARD = -1024;

/** Re-encoded, an output may have more tokens than the policy gave it. */
const TOKENS_PER_TOKEN = 3;

/** Room that a reward model needs for so many tokens of the policy. */
export const tokensFor = (policy: TokenModel, model: TokenModel, tokens: number): number =>
  new TokenMap(policy, model).isIdentity ? tokens : TOKENS_PER_TOKEN * tokens;

export const multifurcationRewards =
  (model: MultifurcationModel): NextTokenRewardSource =>
  (request) =>
    open(model, request);

async function open(
  { model, unseen, frame = SAFFRON_FRAME }: MultifurcationModel,
  { policy, instruction, width, length, priority, signal }: RewardRequest,
) {
  const map = new TokenMap(policy, model);
  const paths = await Paths.open(model, {
    prefix: frameTokens(model, frame, instruction),
    width,
    length: tokensFor(policy, model, length),
    priority,
    signal,
  });
  /** All outputs in one forward. */
  const read = (outputs: Outputs) => paths.logits(outputs.map((output) => map.encode(output)));
  return {
    counters: paths.counters,
    read,
    after: async (outputs: Outputs): Promise<NextTokenRewards[]> =>
      (await read(outputs)).map((row) => (token) => rewardOf(row, unseen, map.get(token))),
    release: () => paths.release(),
  };
}

type Outputs = readonly (readonly number[])[];

function rewardOf(row: Float32Array, unseen: Uint8Array, token: number | undefined): TokenReward {
  const isUnseen = token === undefined || unseen[token] !== 0;
  return { reward: isUnseen ? UNSEEN_REWARD : row[token]!, isUnseen };
}

const pathKey = (output: readonly number[]): string => output.slice(0, -1).join();

/**
 * The same model as a process reward model: a sequence's reward is that of its last token after those before it. It
 * costs what a process reward model costs, which has to read a sequence to its end; that this one's answer is read
 * before the last token is not counted.
 */
export const asProcessRewards =
  (model: MultifurcationModel): ProcessRewardSource =>
  async (request) => {
    const rewards = await open(model, request);
    const counters: PathCounters = { calls: 0, forwarded: 0, reused: 0 };
    const counted = async (work: () => Promise<unknown>) => {
      const before = { ...rewards.counters };
      await work();
      for (const key of ['calls', 'forwarded', 'reused'] as const)
        counters[key] += rewards.counters[key] - before[key];
    };
    return {
      counters,
      score: async (outputs) => {
        await counted(() => inParts(outputs, request.width, (part) => rewards.read(part)));
        // Many candidates go on from one path.
        const before = new Map(outputs.map((output) => [pathKey(output), output.slice(0, -1)]));
        const next = await inParts([...before.values()], request.width, (part) => rewards.after(part));
        const after = new Map([...before.keys()].map((key, index) => [key, next[index]!]));
        return outputs.map((output) => after.get(pathKey(output))!(output.at(-1)!));
      },
      release: () => rewards.release(),
    };
  };
