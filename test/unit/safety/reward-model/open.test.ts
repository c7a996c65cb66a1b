/** The reward model's files: merged as peft merges, evaluated as PyTorch does, refused where they do not belong. */
import { copyFile, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../../server/runtime/checkpoint.ts';
import { hostTag } from '../../../../server/runtime/quantize/directory.ts';
import { openAdapter } from '../../../../server/safety/reward-model/adapter.ts';
import { mergedCheckpoint } from '../../../../server/safety/reward-model/merge.ts';
import {
  checkpointDirectory,
  copyOf,
  editJson,
  expectVerityError,
  relativeError,
} from '../../runtime/fixtures.ts';
import {
  adapterDirectory,
  golden,
  PUBLISHED,
  readTensors,
  REWARD_MODELS,
  type RewardModelName,
  rewardModelFiles,
  temporaryDirectory,
} from '../fixtures.ts';
import { loadRewardModel } from '../models.ts';

const NAMES = Object.keys(REWARD_MODELS) as RewardModelName[];

/** The merged checkpoint of a fixture, as `openRewardModel` makes it. */
async function merge(
  name: RewardModelName,
  cache: string,
  base = rewardModelFiles(name).base,
  limitBytes?: number,
): Promise<string> {
  const checkpoint = await openCheckpoint(base);
  const bias = Float32Array.from((await golden(name)).get('bias')!);
  return mergedCheckpoint(checkpoint, await openAdapter(adapterDirectory(name)), bias, cache, limitBytes);
}

describe.each(NAMES)('%s', (name) => {
  it('has the weights that peft merges, in float32, and leaves the others where they are', async () => {
    const directory = await merge(name, await temporaryDirectory());
    const expected = await golden(name);
    const actual = await readTensors(join(directory, 'reward.safetensors'));
    let largest = 0;
    for (const [tensor, values] of actual) {
      const reference = tensor === 'lm_head.bias' ? expected.get('bias')! : expected.get(tensor)!;
      expect(values.shape).toEqual(reference.shape);
      for (const [index, value] of values.entries())
        largest = Math.max(largest, Math.abs(value - reference[index]!));
    }
    const count = [...expected.keys()].filter((tensor) => tensor.endsWith('.weight')).length;
    expect(actual.size).toBe(count + 1);
    expect(largest).toBeLessThan(1e-5);
  });

  it('gives the rewards that PyTorch computes: lm_head(h) + bias', async () => {
    const expected = await golden(name);
    const { model, unseen } = await loadRewardModel(rewardModelFiles(name), {
      mergedDir: await temporaryDirectory(),
      threads: 1,
    });
    try {
      const { logits } = await model.evaluate([...expected.get('prompt')!]);
      expect(relativeError(logits, Float32Array.from(expected.get('rewards')!))).toBeLessThan(1e-4);
      expect([...unseen]).toEqual([...expected.get('unseen')!]);
    } finally {
      await model.dispose();
    }
  });
});

describe('the cache of merged checkpoints', () => {
  it('is written once, and again when it was damaged or the base changed', async () => {
    const cache = await temporaryDirectory();
    const base = await copyOf('llama3-gqa');
    const directory = await merge('mrm-llama', cache, base);
    const shard = join(directory, 'reward.safetensors');
    const written = await readFile(shard);
    await writeFile(join(directory, 'witness'), '');
    expect(await merge('mrm-llama', cache, base)).toBe(directory);
    await readFile(join(directory, 'witness'));
    await writeFile(join(directory, 'base-0.safetensors'), 'damaged');
    expect(await merge('mrm-llama', cache, base)).toBe(directory);
    const original = await readFile(join(base, 'model.safetensors'));
    expect((await readFile(join(directory, 'base-0.safetensors'))).equals(original)).toBe(true);

    const damaged = Buffer.from(written);
    damaged[damaged.length - 1]! ^= 1;
    await writeFile(shard, damaged);
    expect(await merge('mrm-llama', cache, base)).toBe(directory);
    expect((await readFile(shard)).equals(written)).toBe(true);

    await editJson(base, 'config.json', (json) => ({ ...json, rms_norm_eps: 1e-5 }));
    expect(await merge('mrm-llama', cache, base)).not.toBe(directory);
  });

  it('goes when another needs its room, unless a process uses it', async () => {
    const cache = await temporaryDirectory();
    const [one, two] = [
      await merge('mrm-llama', cache, undefined, 1),
      await merge('mrm-qwen', cache, undefined, 1),
    ];
    expect((await readdir(cache)).toSorted()).toEqual([basename(one), basename(two)].toSorted());
    for (const entry of [one, two]) await rm(join(entry, 'users'), { recursive: true });
    await mkdir(join(two, 'users'));
    await writeFile(join(two, 'users', `${hostTag}-${process.pid}`), '');
    const three = await merge('mrm-llama-yarn', cache, undefined, 1);
    expect((await readdir(cache)).toSorted()).toEqual([basename(two), basename(three)].toSorted());
  });

  it('can be quantized like any checkpoint', async () => {
    const options = {
      mergedDir: await temporaryDirectory(),
      cacheDir: await temporaryDirectory(),
      threads: 1,
    };
    const { model } = await loadRewardModel(rewardModelFiles('mrm-llama'), { ...options, dtype: 'int8' });
    try {
      const expected = await golden('mrm-llama');
      const { logits } = await model.evaluate([...expected.get('prompt')!]);
      expect(relativeError(logits, Float32Array.from(expected.get('rewards')!))).toBeLessThan(0.2);
    } finally {
      await model.dispose();
    }
  });
});

describe('what does not belong together', () => {
  const load = async (base: string, adapter: string) =>
    loadRewardModel({ base, adapter }, { mergedDir: await temporaryDirectory(), threads: 1 });

  async function edited(edit: (json: Record<string, unknown>) => Record<string, unknown>): Promise<string> {
    const directory = await temporaryDirectory();
    await cp(adapterDirectory('mrm-llama'), directory, { recursive: true });
    await editJson(directory, 'adapter_config.json', edit);
    return directory;
  }
  const llama = checkpointDirectory('llama3-gqa');

  it('a base of another shape', async () => {
    const message = /mrm-llama does not fit the base in .*qwen3-sharded: .*q_proj.*trained on llama3-gqa/;
    await expectVerityError(
      load(checkpointDirectory('qwen3-sharded'), adapterDirectory('mrm-llama')),
      'badModel',
      message,
    );
  });

  it('the published adapter on a small base', async () => {
    await expectVerityError(load(llama, PUBLISHED), 'badModel', /128256.*the base has 512 tokens/);
  });

  it('but the published adapter itself is read: 32 matrices of rank 4, scale 1', async () => {
    const { changes, rank, scale, baseName } = await openAdapter(PUBLISHED);
    expect([changes.length, rank, scale, baseName]).toEqual([32, 4, 1, 'meta-llama/Llama-Guard-3-1B']);
  });

  it.each([
    ['use_dora', true],
    ['use_rslora', true],
    ['fan_in_fan_out', true],
    ['bias', 'all'],
    ['peft_type', 'IA3'],
    ['r', 0],
    ['modules_to_save', ['lm_head']],
    ['rank_pattern', { q_proj: 8 }],
    ['target_modules', 'all-linear'],
    ['trainable_token_indices', [1]],
  ])('an adapter with %s = %j', async (key, value) => {
    const directory = await edited((json) => ({ ...json, [key]: value }));
    await expectVerityError(
      load(llama, directory),
      'badModel',
      new RegExp(`adapter_config.json has ${key}.* which Verity does not run`),
    );
  });

  it('an adapter whose tensors are not those of its configuration', async () => {
    const other = await edited((json) => ({ ...json, target_modules: ['q_proj'] }));
    await expectVerityError(load(llama, other), 'badModel', /v_proj.*none of its target modules/);
    const more = await edited((json) => ({ ...json, target_modules: ['q_proj', 'v_proj', 'k_proj'] }));
    await expectVerityError(load(llama, more), 'badModel', /no tensor for k_proj/);
    const rank = await edited((json) => ({ ...json, r: 8 }));
    await expectVerityError(load(llama, rank), 'badModel', /shape \[4,64\], not \[8, in\]/);
  });

  it('a mask where the bias should be', async () => {
    const directory = await edited((json) => json);
    await copyFile(join(directory, 'unseen_mask.pt'), join(directory, 'lm_head_bias.pt'));
    await expectVerityError(load(llama, directory), 'badModel', /lm_head_bias.pt holds BOOL/);
  });
});
