/** Reward models in the published layout (test/fixtures/safety/), and where the real one is at hand. */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type CheckpointName, checkpointDirectory } from '../runtime/fixtures.ts';
import { readSafetensorsHeader } from '../../../server/runtime/safetensors.ts';

const ROOT = join(import.meta.dirname, '../../fixtures/safety');

/** Each with the checkpoint that it changes. */
export const REWARD_MODELS = {
  'mrm-llama': 'llama3-gqa',
  'mrm-llama-yarn': 'llama-yarn-mha-f16',
  'mrm-qwen': 'qwen2-tied-f16',
} as const satisfies Record<string, CheckpointName>;
export type RewardModelName = keyof typeof REWARD_MODELS;

export const adapterDirectory = (name: RewardModelName): string => join(ROOT, name);

export const rewardModelFiles = (name: RewardModelName) => ({
  base: checkpointDirectory(REWARD_MODELS[name]),
  adapter: adapterDirectory(name),
});

/** Saffron-1-1B as it was published (Apache-2.0, its LICENSE beside it). */
export const PUBLISHED = join(ROOT, 'saffron-1-1b');

/** What Python computed: peft's merged weights, rewards of `prompt` [tokens, vocab], `bias` and `unseen`. */
export async function golden(name: RewardModelName): Promise<Map<string, number[] & { shape: number[] }>> {
  return readTensors(join(ROOT, name, 'golden.safetensors'));
}

const ARRAYS = { F32: Float32Array, U8: Uint8Array, I64: BigInt64Array } as const;

export async function readTensors(file: string): Promise<Map<string, number[] & { shape: number[] }>> {
  const tensors = new Map<string, number[] & { shape: number[] }>();
  const handle = await open(file);
  try {
    for (const [name, { dtype, shape, offset, byteLength }] of await readSafetensorsHeader(file)) {
      const bytes = new Uint8Array(byteLength);
      await handle.read(bytes, 0, byteLength, offset);
      const values = new ARRAYS[dtype as keyof typeof ARRAYS](bytes.buffer);
      tensors.set(name, Object.assign(Array.from(values, Number), { shape }));
    }
    return tensors;
  } finally {
    await handle.close();
  }
}

/** Removed when the running test ends. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'verity-safety-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}
