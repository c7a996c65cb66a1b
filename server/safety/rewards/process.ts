/** Process reward models: one call for one sequence gives one reward. What Saffron-1 is compared with. */
import { VerityError } from '../../runtime/errors.ts';
import type { TokenModel } from '../../runtime/token-model.ts';
import type { RewardRequest } from '../method.ts';
import { type PathCounters, Paths } from '../paths.ts';
import type { NextTokenRewardSource, TokenReward } from './rewards.ts';

export interface ProcessRewards {
  readonly counters: PathCounters;
  /** For each output of the policy, at least one token each; up to the request's width in one forward. */
  score(outputs: readonly (readonly number[])[]): Promise<TokenReward[]>;
  release(): void;
}

export type ProcessRewardSource = (request: RewardRequest) => Promise<ProcessRewards>;

/** The tokens of a guard's prompt about a conversation, up to where its verdict follows. */
export type GuardPrompt = (guard: TokenModel, instruction: string, output: string) => number[];

/** By the guard's own chat template, as Llama-Guard-3's. */
export const chatGuardPrompt: GuardPrompt = (guard, instruction, output) =>
  guard.encode({
    kind: 'chat',
    messages: [
      { role: 'user', content: instruction },
      { role: 'assistant', content: output },
    ],
  });

/** Re-encoded, an output may have more tokens than the policy gave it. */
const TOKENS_PER_TOKEN = 3;

/** Llama-Guard as a reward model: its logit of "safe" minus that of "unsafe" where its verdict begins. */
export const guardRewards =
  (guard: TokenModel, prompt: GuardPrompt = chatGuardPrompt): ProcessRewardSource =>
  async ({ policy, instruction, width, length, priority, signal }) => {
    const [safe, unsafe] = ['safe', 'unsafe'].map((verdict) => guard.encodeText(verdict)[0]!);
    if (safe === undefined || unsafe === undefined || safe === unsafe)
      throw new VerityError('badModel', 'The guard model does not tell safe from unsafe by one token.');
    const empty = prompt(guard, instruction, '');
    const paths = await Paths.open(guard, {
      prefix: empty,
      width,
      // What follows the output is there once for each; no more than the whole prompt can follow.
      length: empty.length + TOKENS_PER_TOKEN * length,
      priority,
      signal,
    });
    return {
      counters: paths.counters,
      score: async (outputs) => {
        const conversations = outputs.map((output) => prompt(guard, instruction, policy.decode(output)));
        const rows = await inParts(conversations, width, (part) => paths.evaluate(part));
        return rows.map((row) => ({ reward: row[safe]! - row[unsafe]!, isUnseen: false }));
      },
      release: () => paths.release(),
    };
  };

/** Candidates of one node that are read in one forward. */
const CANDIDATES = 8;

/** A process reward model in the place of a multifurcation one: it is asked about each candidate by itself. */
export const perCandidate =
  (source: ProcessRewardSource): NextTokenRewardSource =>
  async (request) => {
    const rewards = await source({ ...request, width: CANDIDATES * request.width });
    return {
      counters: rewards.counters,
      after: async (outputs, candidates) => {
        const tokens = await candidates();
        const sequences = outputs.flatMap((output, index) =>
          tokens[index]!.map((token) => [...output, token]),
        );
        const scores = await rewards.score(sequences);
        let start = 0;
        return tokens.map((list) => {
          const own = scores.slice(start, (start += list.length));
          return (token) => own[list.indexOf(token)]!;
        });
      },
      release: () => rewards.release(),
    };
  };

/** Handles a list in parts of at most `size`, one after the other. */
export async function inParts<Item, Result>(
  items: readonly Item[],
  size: number,
  handle: (part: readonly Item[]) => Promise<Result[]>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += size)
    results.push(...(await handle(items.slice(start, start + size))));
  return results;
}
