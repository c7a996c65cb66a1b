/** Checkpoints that can't be used, through server and CLI: one line that says why, and the server stays alive. */
import { open, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { ErrorCodes } from 'vscode-languageserver-protocol/node';
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '../../server/protocol/requests.ts';
import { checkpointDirectory, copyOf, editJson } from '../unit/runtime/fixtures.ts';
import { editWeights, roomyJudge, weightsOf } from './support/checkpoints.ts';
import { expectOneLine, verity } from './support/cli.ts';
import { PAIR } from './support/code.ts';
import { Client, expectError } from './support/server.ts';

type Fault = [name: string, damage: (directory: string) => Promise<void>, message: RegExp];

const Q_PROJ = 'model.layers.0.self_attn.q_proj.weight';
const K_PROJ = 'model.layers.0.self_attn.k_proj.weight';
const V_PROJ = 'model.layers.0.self_attn.v_proj.weight';

async function claimHeader(directory: string, bytes: bigint): Promise<void> {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(bytes);
  const file = await open(weightsOf(directory), 'r+');
  await file.write(length, 0, 8, 0);
  await file.close();
}

const faults: Fault[] = [
  ['truncated weights', (d) => truncate(weightsOf(d), 20_000), /truncated/],
  ['a truncated header', (d) => truncate(weightsOf(d), 100), /header claims/],
  ['an oversized header', (d) => claimHeader(d, 2n ** 40n), /header claims 1099511627776 bytes/],
  [
    'overlapping tensors',
    (d) => editWeights(d, (tensors) => (tensors[V_PROJ]!.data_offsets = tensors[K_PROJ]!.data_offsets)),
    /overlaps/,
  ],
  [
    'a wrong type',
    (d) => editWeights(d, (tensors) => (tensors['model.norm.weight']!.dtype = 'I32')),
    /as I32/,
  ],
  [
    'a missing tensor',
    (d) =>
      editWeights(d, (tensors) => {
        tensors['other'] = tensors['model.norm.weight']!;
        delete tensors['model.norm.weight'];
      }),
    /no tensor model\.norm\.weight/,
  ],
  ['no weights', (d) => rm(weightsOf(d)), /no model\.safetensors/],
  ['no config.json', (d) => rm(join(d, 'config.json')), /config\.json is missing/],
  [
    'an unknown architecture',
    (d) => editJson(d, 'config.json', (json) => ({ ...json, architectures: ['GemmaForCausalLM'] })),
    /GemmaForCausalLM/,
  ],
  [
    'a tokenizer of another model',
    (d) =>
      editJson(d, 'tokenizer.json', (json) => ({
        ...json,
        added_tokens: [
          ...(json['added_tokens'] as object[]),
          { id: 9999, content: '<new>', special: true, normalized: false, lstrip: false, rstrip: false },
        ],
      })),
    /token id 9999/,
  ],
];

describe.each(faults)('%s', (_, damage, message) => {
  it('is refused by the command line with one line', async () => {
    const directory = await copyOf('llama3-gqa');
    await damage(directory);
    expectOneLine(await verity(['logits', directory, '--tokens', '1,2,3']), 2, message);
  });

  it('is refused by the server, which stays alive', async () => {
    const directory = await copyOf('llama3-gqa');
    await damage(directory);
    const client = await Client.start({ model: directory });
    for (let attempt = 0; attempt < 2; attempt++)
      await expectError(client.judge(PAIR).answer, ErrorCode.badModel, message);
    const [model] = (await client.status()).models;
    expect(model).toMatchObject({
      state: 'failed',
      deaths: 0,
      error: expect.stringMatching(message) as string,
    });
    expect(await client.outcomes()).toEqual(['judge: refused', 'judge: refused']);
    expect(client.family.members).toEqual([client.pid]);
  });
});

describe('weights that are not numbers', () => {
  const poisoned = async () => {
    const directory = await roomyJudge();
    await editWeights(directory, (tensors, data) => {
      data.writeFloatLE(NaN, tensors[Q_PROJ]!.data_offsets[0]);
    });
    return directory;
  };

  it('are found by the command line at the first forward', async () => {
    expectOneLine(await verity(['logits', await poisoned(), '--tokens', '1,2,3']), 2, /weights are damaged/);
  });

  it('are found by the server at the first judgment', async () => {
    const client = await Client.start({ model: await poisoned() });
    await expectError(client.judge(PAIR).answer, ErrorCode.badModel, /weights are damaged/);
    expect((await client.status()).models[0].state).toBe('ready');
  });
});

describe("more than the model's context holds", () => {
  const directory = checkpointDirectory('llama3-gqa');

  it('is refused by the command line', async () => {
    const tokens = Array.from({ length: 513 }, () => 1).join();
    expectOneLine(await verity(['logits', directory, '--tokens', tokens]), 2, /513 tokens.*holds 512/);
  });

  it('is refused by the server', async () => {
    const client = await Client.start({ model: directory });
    await expectError(
      client.judge(PAIR).answer,
      ErrorCode.contextOverflow,
      /Choose a model with a longer context/,
    );
  });

  it('is refused by the server with the embedded judge', async () => {
    const client = await Client.start();
    const lines = (name: string) =>
      Array.from({ length: 300 }, (_, i) => `${name}(${i}, ${i * i});\n`).join('');
    const long = { ...PAIR, a: lines('first'), b: lines('second') };
    await expectError(client.judge(long).answer, ErrorCode.contextOverflow, /reads at most \d+/);
    expect(await client.outcomes()).toEqual(['judge: refused']);
  });
});

describe('a directory that is not there', () => {
  it('is refused by the command line', async () => {
    expectOneLine(await verity(['logits', '/nowhere', '--tokens', '1']), 2, /\/nowhere/);
  });

  it('is refused by the server at initialize, which can be sent again', async () => {
    const client = new Client();
    await expectError(
      client.initialize('/nowhere'),
      ErrorCodes.InvalidParams,
      /no model directory \/nowhere/,
    );
    await client.initialize();
    expect((await client.status()).models[0].id).toBe('nano-judge');
  });
});
