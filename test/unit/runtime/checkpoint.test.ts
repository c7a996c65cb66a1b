/** Faulty checkpoints: each is refused with one line that names what is wrong. Odd but valid ones load. */
import { mkdir, open, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadLanguageModel } from '../../../server/runtime/load.ts';
import { readSafetensorsHeader } from '../../../server/runtime/safetensors.ts';
import {
  type CheckpointName,
  copyOf,
  editJson,
  expectVerityError,
  golden,
  goldenTensors,
  relativeError,
} from './fixtures.ts';

const load = (directory: string) => loadLanguageModel(directory, { threads: 1 });

/** Rewrites the header of a copied checkpoint's single file; the data stays. */
async function editHeader(directory: string, edit: (text: string) => string): Promise<void> {
  const file = join(directory, 'model.safetensors');
  const content = await readFile(file);
  const end = 8 + Number(content.readBigUInt64LE());
  const header = Buffer.from(edit(content.subarray(8, end).toString()));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  await writeFile(file, Buffer.concat([length, header, content.subarray(end)]));
}

async function poison(directory: string, tensor: string, value: number): Promise<void> {
  const file = join(directory, 'model.safetensors');
  const { offset } = (await readSafetensorsHeader(file)).get(tensor)!;
  const handle = await open(file, 'r+');
  await handle.write(new Uint8Array(Float32Array.of(value).buffer), 0, 4, offset);
  await handle.close();
}

describe('config.json', () => {
  const cases: [string, Record<string, unknown>, RegExp][] = [
    [
      'an unknown architecture',
      { architectures: ['GemmaForCausalLM'] },
      /GemmaForCausalLM; Verity runs LlamaFor/,
    ],
    ['a name that every object has', { architectures: ['constructor'] }, /constructor; Verity runs/],
    ['a missing size', { hidden_size: undefined }, /hidden_size/],
    ['an unknown RoPE scaling', { rope_scaling: { rope_type: 'dynamic', factor: 2 } }, /RoPE.*dynamic/],
    [
      'an incomplete RoPE scaling',
      { rope_scaling: { rope_type: 'llama3', factor: 2 } },
      /RoPE.*low_freq_factor/,
    ],
    ['another activation', { hidden_act: 'gelu' }, /gelu/],
    ['quantized weights', { quantization_config: { quant_method: 'gptq' } }, /quantized/],
    ['biases in the MLP', { mlp_bias: true }, /biases in its MLP/],
    ['biases of Llama in its attention', { attention_bias: true }, /attention_bias/],
    ['a sliding window', { use_sliding_window: true, sliding_window: 64 }, /sliding window/],
    ['heads that K/V heads do not divide', { num_key_value_heads: 3 }, /3 K\/V heads/],
    ['an odd head dimension', { head_dim: 15 }, /head dimension 15/],
    ['other layer sizes than the weights have', { intermediate_size: 96 }, /mlp\.\w+\.weight of shape \[/],
    ['more layers than the weights have', { num_hidden_layers: 3 }, /no tensor model\.layers\.2\./],
  ];
  it.each(cases)('with %s is refused', async (_, change, message) => {
    const directory = await copyOf('llama3-gqa');
    await editJson(directory, 'config.json', (config) => ({ ...config, ...change }));
    await expectVerityError(load(directory), 'badModel', message);
  });

  it('that is no JSON, or missing, is refused', async () => {
    const directory = await copyOf('llama3-gqa');
    await writeFile(join(directory, 'config.json'), '{"architectures": [');
    await expectVerityError(load(directory), 'badModel', /config\.json is not valid JSON/);
    await rm(join(directory, 'config.json'));
    await expectVerityError(load(directory), 'badModel', /config\.json is missing/);
  });

  it('with a sliding window that is switched off loads', async () => {
    const directory = await copyOf('qwen2-tied-f16');
    const change = { use_sliding_window: false, sliding_window: 64, layer_types: undefined };
    await editJson(directory, 'config.json', (config) => ({ ...config, ...change }));
    await (await load(directory)).dispose();
  });
});

describe('weights', () => {
  const damage = async (
    name: CheckpointName,
    edit: (directory: string) => Promise<void>,
    message: RegExp,
  ) => {
    const directory = await copyOf(name);
    await edit(directory);
    await expectVerityError(load(directory), 'badModel', message);
  };
  const single = 'llama3-gqa';

  it('truncated', () =>
    damage(single, (d) => truncate(join(d, 'model.safetensors'), 5000), /truncated|claims/));

  it('without a tensor that the architecture needs', () =>
    damage(
      single,
      (d) => editHeader(d, (h) => h.replace('"model.norm.weight"', '"model.norm.other"')),
      /no tensor model\.norm\.weight/,
    ));

  it('with a tensor of a type that is no float', () =>
    damage(
      single,
      (d) => editHeader(d, (h) => h.replace(/("model\.norm\.weight":\{"dtype":)"F32"/, '$1"I32"')),
      /model\.norm\.weight as I32/,
    ));

  it('missing altogether', () =>
    damage(single, (d) => rm(join(d, 'model.safetensors')), /no model\.safetensors/));

  it('with a shard that was not downloaded', () =>
    damage(
      'qwen3-sharded',
      (d) => rm(join(d, 'model-00002-of-00003.safetensors')),
      /lacks model-00002.*incomplete/,
    ));

  it.each(['../model.safetensors', '/etc/passwd', 'a/../../b', '..', '..\\b'])(
    'with an index that names %s',
    (name) =>
      damage(
        'qwen3-sharded',
        (d) => editJson(d, 'model.safetensors.index.json', (json) => ({ ...json, weight_map: { a: name } })),
        /no file beside it|lacks/,
      ),
  );

  it('with an index that names a tensor its shard lacks', () =>
    damage(
      'qwen3-sharded',
      (d) =>
        editJson(d, 'model.safetensors.index.json', (json) => ({
          ...json,
          weight_map: { ...(json['weight_map'] as object), ghost: 'model-00001-of-00003.safetensors' },
        })),
      /ghost/,
    ));

  it.each([NaN, Infinity])('with %d in a matrix are found at the first forward', async (value) => {
    const directory = await copyOf(single);
    await poison(directory, 'model.layers.0.self_attn.q_proj.weight', value);
    const model = await load(directory);
    await expectVerityError(model.evaluate([1, 2, 3]), 'badModel', /weights are damaged/);
    await model.dispose();
  });

  it('behind links into a folder of blobs, as in the Hugging Face cache, load', async () => {
    const directory = await copyOf(single);
    await mkdir(join(directory, 'blobs'));
    await rename(join(directory, 'model.safetensors'), join(directory, 'blobs', 'abc123'));
    await symlink(join('blobs', 'abc123'), join(directory, 'model.safetensors'));
    const model = await load(directory);
    const { prompt } = await golden(single);
    const { logits } = await model.evaluate(prompt);
    expect(relativeError(logits, (await goldenTensors(single)).prefill_logits)).toBeLessThan(1e-4);
    await model.dispose();
  });
});

describe('tokenizer', () => {
  it('with ids beyond the embedding is refused', async () => {
    const directory = await copyOf('qwen2-tied-f16');
    await editJson(directory, 'tokenizer.json', (json) => ({
      ...json,
      added_tokens: [
        ...(json['added_tokens'] as object[]),
        {
          id: 512,
          content: '<|new|>',
          special: true,
          normalized: false,
          lstrip: false,
          rstrip: false,
          single_word: false,
        },
      ],
    }));
    await expectVerityError(load(directory), 'badModel', /token id 512, the model only 512/);
  });

  it('that is missing or no tokenizer is refused', async () => {
    const directory = await copyOf('qwen2-tied-f16');
    await writeFile(join(directory, 'tokenizer.json'), '{"model": {"type": "Nothing"}}');
    await expectVerityError(load(directory), 'badModel', /tokenizer in .* cannot be read/);
    await rm(join(directory, 'tokenizer.json'));
    await expectVerityError(load(directory), 'badModel', /tokenizer\.json is missing/);
  });

  it('with a broken chat template is refused', async () => {
    const directory = await copyOf('qwen2-tied-f16');
    await writeFile(join(directory, 'chat_template.jinja'), '{% for m in %}');
    await expectVerityError(load(directory), 'badModel', /cannot be read/);
  });

  it('without a chat template says so when asked for a chat', async () => {
    const directory = await copyOf('qwen2-tied-f16');
    await rm(join(directory, 'chat_template.jinja'));
    const model = await load(directory);
    const chat = { kind: 'chat' as const, messages: [{ role: 'user' as const, content: 'a' }] };
    await expectVerityError(model.countTokens(chat), 'badModel', /no chat template/);
    await model.dispose();
  });
});
