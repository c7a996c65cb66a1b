/** `verity models`: from a hub into the cache, paused and resumed, used by its id, listed and removed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeHub, send } from '../unit/catalog/fake-hub.ts';
import { EMBEDDED_JUDGE, example } from './support/bundles.ts';
import { Command, expectOneLine, verity, verityJson } from './support/cli.ts';
import { folder } from './support/files.ts';

const PAIR = [example('average.good.py'), example('average.bad.py')];
const ID = 'owner/model';

let hub: FakeHub;
let env: Record<string, string>;

beforeEach(async () => {
  hub = await FakeHub.start();
  for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'verity.json'])
    hub.put(name, readFileSync(join(EMBEDDED_JUDGE, name)));
  hub.put('model.safetensors', readFileSync(join(EMBEDDED_JUDGE, 'model.safetensors')), { isLarge: true });
  env = { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: folder(), NO_PROXY: '127.0.0.1' };
});
afterEach(() => hub.stop());

it('a model is loaded, listed, used by its id as it would be from a directory, and removed', async () => {
  const loaded = await verityJson(['models', 'get', ID, '--json'], { env });
  expect(loaded).toMatchObject({ id: ID, revision: 'main' });
  expect(await verityJson(['models', 'list', '--json'], { env })).toMatchObject({ models: [{ id: ID }] });

  const ours = await verityJson(['judge', ...PAIR, '--json'], { env });
  const theirs = await verityJson(['judge', ...PAIR, '--model', `judge=${ID}`, '--json'], { env });
  expect(theirs).toMatchObject({ model: ID, verdict: (ours as { verdict: string }).verdict });

  expect((await verity(['models', 'remove', ID], { env })).code).toBe(0);
  expect(await verityJson(['models', 'list', '--json'], { env })).toMatchObject({ models: [] });
});

it('Ctrl-C pauses: files that have come are not loaded again', async () => {
  let isSlow = true;
  hub.misbehave = (_, response, file) => {
    if (!isSlow || file.content.length < 1e6) return false;
    // The first half comes, then nothing.
    response.writeHead(200, { 'content-length': file.content.length });
    response.write(file.content.subarray(0, file.content.length / 2));
    return true;
  };
  const command = new Command(['models', 'get', ID], { env });
  await expect
    .poll(() => hub.requests.some((request) => request.startsWith('model.safetensors')), { timeout: 20_000 })
    .toBe(true);
  command.child.kill('SIGINT');
  expect((await command.result).code).toBe(130);
  const small = hub.requests.length - 1;
  isSlow = false;
  hub.misbehave = (request, response, file) => {
    send(request, response, file.content);
    return true;
  };
  await verityJson(['models', 'get', ID, '--json'], { env });
  expect(hub.requests.slice(small + 1)).toEqual(['model.safetensors']);
});

describe('refusals are one line', () => {
  it.each([
    ['an unknown model', ['models', 'get', 'owner/other'], {}, /There is no owner\/other/],
    ['a bad id', ['models', 'get', 'other'], {}, /is no repository id/],
    ['offline', ['models', 'get', ID], { HF_HUB_OFFLINE: '1' }, /HF_HUB_OFFLINE is set/],
    [
      'a model that is not here',
      ['judge', ...PAIR, '--model', `judge=${ID}`],
      {},
      /verity models get owner\/model/,
    ],
    ['a removal of nothing', ['models', 'remove', ID], {}, /There is no owner\/model/],
  ])('%s', async (_, args, more, message) => {
    expectOneLine(await verity(args, { env: { ...env, ...more } }), 2, message);
  });

  it('a wrong weight file: nothing of it stays', async () => {
    hub.put('model.safetensors', 'x'.repeat(5000), { isLarge: true, claimed: { digest: 'a'.repeat(64) } });
    const { code, stderr } = await verity(['models', 'get', ID], { env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^verity: .*does not match its checksum/m);
    const blobs = readdirSync(join(env['HF_HUB_CACHE']!, 'models--owner--model/blobs'));
    expect(blobs.every((name) => /^[0-9a-f]{40}$/.test(name))).toBe(true);
  });
});

it('the catalog tells what fits this machine', async () => {
  const { models } = (await verityJson(['models', 'catalog', '--json'], { env })) as {
    models: { id: string; roles: string[]; fits: string | null; memory: { int4: number; int8: number } }[];
  };
  expect(models.length).toBeGreaterThan(10);
  expect(models.every(({ memory }) => memory.int4 < memory.int8)).toBe(true);
  expect(models.find(({ id }) => id === 'Qwen/Qwen3-0.6B')).toMatchObject({ fits: 'int8' });
});
