/** What a search asks a reward model: the rewards of the tokens that may come next. */
import type { RewardRequest } from '../method.ts';
import type { PathCounters } from '../paths.ts';

/** The reward of a sequence, or of a token that would end it. */
export interface TokenReward {
  reward: number;
  /** No training data showed the token, so the reward says nothing of it (conservative exploration). */
  isUnseen: boolean;
}

/** The rewards of a sequence's next tokens, by the policy's ids. */
export type NextTokenRewards = (token: number) => TokenReward;

/** The tokens that may follow each of several outputs. */
export type Candidates = readonly (readonly number[])[];

export interface NextTokenRewardModel {
  readonly counters: PathCounters;
  /**
   * For each output of the policy. A model that knows the rewards of all tokens at once need not ask for the
   * candidates.
   */
  after(
    outputs: readonly (readonly number[])[],
    candidates: () => Promise<Candidates>,
  ): Promise<NextTokenRewards[]>;
  release(): void;
}

export type NextTokenRewardSource = (request: RewardRequest) => Promise<NextTokenRewardModel>;
