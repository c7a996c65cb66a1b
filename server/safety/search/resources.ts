/** The branches that a method holds while it works, given back however it ends. */
import type { TokenModel } from '../../runtime/token-model.ts';
import { anySignal, type CompletionHooks, type CompletionRequest, type RewardRequest } from '../method.ts';
import { Paths } from '../paths.ts';

interface Releasable {
  release(): void;
}

/** Opens the policy's paths and the reward model, at most `width` paths each. */
export async function withPaths<Rewards extends Releasable, Result>(
  policy: TokenModel,
  { prompt, instruction, maxNewTokens: length, priority }: CompletionRequest,
  hooks: CompletionHooks,
  width: number,
  openRewards: (request: RewardRequest) => Promise<Rewards>,
  work: (paths: Paths, rewards: Rewards) => Promise<Result>,
): Promise<Result> {
  const shared = { width, length, priority, signal: anySignal(hooks) };
  const paths = await Paths.open(policy, { prefix: policy.encode(prompt), ...shared });
  try {
    const rewards = await openRewards({ policy, instruction, ...shared });
    try {
      return await work(paths, rewards);
    } finally {
      rewards.release();
    }
  } finally {
    paths.release();
  }
}
