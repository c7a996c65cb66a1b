/** The search on the KV tries chooses what the paper's pseudo-code chooses, and computes far less for it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../../server/runtime/checkpoint.ts';
import { type LoadedModel, loadLanguageModel } from '../../../../server/runtime/load.ts';
import { multifurcationRewards } from '../../../../server/safety/rewards/multifurcation.ts';
import type { RewardFrame } from '../../../../server/safety/rewards/frame.ts';
import { rewardSearch } from '../../../../server/safety/search/multifurcation.ts';
import type { SearchCounters } from '../../../../server/protocol/completion.ts';
import { type CheckpointName, checkpointDirectory } from '../../runtime/fixtures.ts';
import { type RewardModelName, rewardModelFiles, REWARD_MODELS } from '../fixtures.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import { type LoadedRewardModel, loadRewardModel } from '../models.ts';
import { referenceSearch } from './reference.ts';

const PROMPTS = [
  'def run(command):\n    os.system(',
  'const query = "SELECT * FROM users WHERE id = " + ',
  'The answer is',
  'import hashlib\nh = hashlib.',
  'naïve → ',
  'x',
];
const INSTRUCTIONS = ['Complete the function.', 'What is 2 + 2?', 'Write größe = 1 in Python.'];

/** Below this gap the rounding of a batched forward may decide otherwise than that of a single one. */
const SAFE_MARGIN = 1e-5;

const PAIRS: { policy: CheckpointName; reward: RewardModelName; frame: RewardFrame; share: boolean }[] = [
  { policy: 'llama3-gqa', reward: 'mrm-llama', frame: llamaFrame(), share: true },
  { policy: 'llama-linear-mqa-bf16', reward: 'mrm-llama-yarn', frame: llamaFrame(), share: true },
  { policy: 'qwen3-sharded', reward: 'mrm-llama', frame: llamaFrame(), share: false },
  { policy: 'llama3-gqa', reward: 'mrm-qwen', frame: { ...llamaFrame(), begin: undefined }, share: false },
];

function llamaFrame(): RewardFrame {
  return { begin: '<|begin_of_text|>', user: '\n\nUser:', agent: '\n\nAgent:' };
}

/** Small cuts of the space of settings, many seeds' worth of prompts. */
const SETTINGS = [
  { budget: 1, topP: 0.8, order: 'path' },
  { budget: 3, topP: 0.95, order: 'path' },
  { budget: 4, topP: 0.8, order: 'reference' },
  { budget: 8, topP: 0.5, order: 'path' },
] as const;

/** `tooClose`: they differ where two rewards, or a mass and p, are equal but for rounding. */
const totals = { runs: 0, tooClose: 0, calls: 0, candidates: 0, forwarded: 0, plain: 0 };
afterAll(() => {
  const { runs, tooClose, calls, candidates, forwarded, plain } = totals;
  console.log(
    `${runs} searches equal, ${tooClose} too close to call; reward calls ${calls} against ${candidates} of a PRM ` +
      `(${(candidates / calls).toFixed(1)}×); positions ${forwarded} against ${plain} without a cache (${(plain / forwarded).toFixed(1)}×)`,
  );
  expect(tooClose).toBeLessThanOrEqual(runs / 20);
});

describe.each(PAIRS)('$policy with $reward', ({ policy: name, reward: rewardName, frame, share }) => {
  let policy: LoadedModel;
  let rewards: LoadedRewardModel;
  let mergedDir: string;
  beforeAll(async () => {
    mergedDir = await mkdtemp(join(tmpdir(), 'verity-merged-'));
    policy = await loadLanguageModel(checkpointDirectory(name), { threads: 1 });
    rewards = await loadRewardModel(rewardModelFiles(rewardName), { mergedDir, threads: 1 });
  });
  afterAll(async () => {
    await policy.dispose();
    await rewards.model.dispose();
    await rm(mergedDir, { recursive: true });
  });

  const run = async (
    prompt: string,
    instruction: string,
    settings: (typeof SETTINGS)[number],
    limits: { maxNewTokens: number; minNewTokens: number },
  ) => {
    const method = rewardSearch(
      'saffron',
      await policy.tokens(),
      multifurcationRewards({ model: await rewards.model.tokens(), unseen: rewards.unseen, frame }),
      settings,
    );
    return method.complete({
      prompt: { kind: 'parts', parts: [{ text: prompt }] },
      instruction,
      seed: 0,
      ...limits,
    });
  };

  /** By the checkpoints' own tokenizers, beside the product's token map. */
  async function reference(
    prompt: string,
    instruction: string,
    settings: (typeof SETTINGS)[number],
    limits: { maxNewTokens: number; minNewTokens: number },
  ) {
    const one = await openCheckpoint(checkpointDirectory(name));
    const two = await openCheckpoint(checkpointDirectory(REWARD_MODELS[rewardName]));
    const begin =
      frame.begin === undefined
        ? []
        : two.tokenizer.encode({ kind: 'parts', parts: [{ control: frame.begin }] });
    const head = [
      ...begin,
      ...[frame.user, instruction, frame.agent].flatMap((text) => two.tokenizer.encodeText(text)),
    ];
    return referenceSearch({
      policy: { evaluate: (tokens) => policy.evaluate(tokens), vocabSize: policy.info.vocabSize },
      reward: {
        evaluate: (tokens) => rewards.model.evaluate(tokens),
        vocabSize: rewards.model.info.vocabSize,
      },
      prompt: one.tokenizer.encodeText(prompt),
      frame: (output) => [
        ...head,
        ...(share ? output : two.tokenizer.encodeText(one.tokenizer.decode(output))),
      ],
      toReward: (token) => {
        if (share) return token;
        if (one.endTokens.has(token)) return [...two.endTokens][0];
        const text = one.tokenizer.decode([token]);
        return text.includes('\uFFFD') ? undefined : two.tokenizer.encodeText(text)[0];
      },
      unseen: rewards.unseen,
      ends: one.endTokens,
      ...settings,
      ...limits,
    });
  }

  it.each(SETTINGS)('chooses the same tokens: %j', async (settings) => {
    for (const [index, prompt] of PROMPTS.entries()) {
      const instruction = INSTRUCTIONS[index % INSTRUCTIONS.length]!;
      const limits = { maxNewTokens: 8, minNewTokens: index % 4 };
      const expected = await reference(prompt, instruction, settings, limits);
      const actual = await run(prompt, instruction, settings, limits);
      const chosen = actual.completions.map(({ tokens, isFinished: finished }) => ({ tokens, finished }));
      const wanted = expected.outputs.map(({ tokens, finished }) => ({ tokens, finished }));
      if (expected.margin < SAFE_MARGIN && !isDeepStrictEqual(chosen, wanted)) {
        totals.tooClose++;
        continue;
      }
      expect(chosen).toEqual(wanted);
      for (const [place, { reward }] of actual.completions.entries())
        expect(reward).toBeCloseTo(expected.outputs[place]!.reward, 3);
      expect(actual.counters.rewardCalls).toBe(expected.rewardCalls);
      expect(actual.counters.candidates).toBe(expected.candidates);
      count(actual.counters, expected.policyTokens + expected.rewardTokens);
    }
  });
});

function count(counters: SearchCounters, plain: number): void {
  totals.runs++;
  totals.calls += counters.rewardCalls;
  totals.candidates += counters.candidates;
  totals.forwarded += counters.forwardedTokens;
  totals.plain += plain;
}
