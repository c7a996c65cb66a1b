/** A policy, a multifurcation reward model and a guard, all small and random, for one test file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type LoadOptions, loadLanguageModel } from '../../../server/runtime/load.ts';
import type { CompletionRequest } from '../../../server/safety/method.ts';
import { openRewardModel, type RewardModelFiles } from '../../../server/safety/reward-model/open.ts';
import { checkpointDirectory } from '../runtime/fixtures.ts';
import { rewardModelFiles } from './fixtures.ts';

/** A reward model in this process; its logits are rewards. */
export async function loadRewardModel(
  files: RewardModelFiles,
  { mergedDir, ...options }: LoadOptions & { mergedDir: string },
) {
  const { directory, unseen } = await openRewardModel(files, mergedDir);
  return { model: await loadLanguageModel(directory, options), unseen };
}
export type LoadedRewardModel = Awaited<ReturnType<typeof loadRewardModel>>;

export async function loadModels() {
  const mergedDir = await mkdtemp(join(tmpdir(), 'verity-merged-'));
  const policy = await loadLanguageModel(checkpointDirectory('llama3-gqa'), { threads: 1 });
  const guard = await loadLanguageModel(checkpointDirectory('qwen3-sharded'), { threads: 1 });
  const { model, unseen } = await loadRewardModel(rewardModelFiles('mrm-llama'), { mergedDir, threads: 1 });
  afterAll(async () => {
    for (const each of [policy, guard, model]) await each.dispose();
    await rm(mergedDir, { recursive: true });
  });
  const tokens = {
    policy: await policy.tokens(),
    guard: await guard.tokens(),
    rewards: await model.tokens(),
  };
  return { policy, guard, rewardModel: model, unseen, tokens };
}

export const completionRequest = (more: Partial<CompletionRequest> = {}): CompletionRequest => ({
  prompt: { kind: 'parts', parts: [{ text: 'def run(command):\n    ' }] },
  instruction: 'Complete the function.',
  maxNewTokens: 10,
  minNewTokens: 2,
  seed: 1,
  ...more,
});
