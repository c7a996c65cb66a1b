/** Models from a hub, over HTTP: what comes is right, what has come is kept, and what fails says what to do. */
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, writeFileSync, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findSnapshot, listCached, removeCached } from '../../../server/catalog/hub/cache.ts';
import { Hub, type HubOptions } from '../../../server/catalog/hub/hub.ts';
import {
  downloadModel,
  type DownloadModelOptions,
  type ModelProgress,
} from '../../../server/catalog/hub/models.ts';
import { expectVerityError } from '../runtime/fixtures.ts';
import { COMMIT, FakeHub, type Misbehaviour, send } from './fake-hub.ts';

const ID = 'owner/model';
const CHECKPOINT = join(import.meta.dirname, '../../fixtures/checkpoints/qwen3-sharded');
const PART = 1000;
/** Ten and a half parts, no two alike. */
const WEIGHTS = Buffer.from(
  Uint8Array.from({ length: 10_500 }, (_, index) => (index * 7 + (index >> 8)) % 251),
);

let hub: FakeHub;
let root: string;

beforeEach(async () => {
  hub = await FakeHub.start();
  root = mkdtempSync(join(tmpdir(), 'verity-hub-'));
  hub.put('config.json', readFileSync(join(CHECKPOINT, 'config.json')));
  hub.put('tokenizer.json', '{"a": 1}');
  hub.put('model.safetensors', WEIGHTS, { isLarge: true });
  hub.put('pytorch_model.bin', 'pickled');
  hub.put('../../escape.json', '{}');
});
afterEach(async () => {
  await hub.stop();
  await rm(root, { recursive: true, force: true });
});

const client = (options: HubOptions = {}) =>
  new Hub({ endpoint: hub.endpoint, pauseMs: 1, retries: 3, stallMs: 300, ...options });

const download = (options: DownloadModelOptions = {}, hubOptions: HubOptions = {}) =>
  downloadModel(client(hubOptions), root, ID, { partBytes: PART, ...options });

const blobs = () => readdirSync(join(root, 'models--owner--model', 'blobs')).sort();
const ofWeights = () => hub.requests.filter((request) => request.startsWith('model.safetensors'));

/** Misbehaves for the weights' first requests only. */
const first = (times: number, misbehaviour: Misbehaviour): Misbehaviour => {
  let left = times;
  return (request, response, file) =>
    file.content.equals(WEIGHTS) && left-- > 0 && misbehaviour(request, response, file);
};

/** Sends half of what was asked for, then drops the connection. */
const drop: Misbehaviour = (request, response, { content }) => {
  const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
  const part = content.subarray(Number(from ?? 0), Number(to ?? content.length - 1) + 1);
  response.writeHead(from === undefined ? 200 : 206, { 'content-length': part.length });
  response.write(part.subarray(0, part.length / 2), () => response.destroy());
  return true;
};

const status =
  (code: number, headers: Record<string, string> = {}): Misbehaviour =>
  (_, response) => {
    response.writeHead(code, headers).end();
    return true;
  };

describe('a model', () => {
  it('is laid out as huggingface_hub does, with what the runtime reads and nothing else', async () => {
    const directory = await download();
    expect(directory).toBe(join(root, 'models--owner--model', 'snapshots', COMMIT));
    expect(readdirSync(directory).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
    expect(readFileSync(join(directory, 'model.safetensors')).equals(WEIGHTS)).toBe(true);
    expect(readlinkSync(join(directory, 'config.json'))).toMatch(/^\.\.\/\.\.\/blobs\/[0-9a-f]{40}$/);
    expect(readFileSync(join(root, 'models--owner--model/refs/main'), 'utf8')).toBe(COMMIT);
    expect(blobs()).toHaveLength(3);
    expect(await findSnapshot(root, ID)).toBe(directory);
  });

  it('comes in parts, each once', async () => {
    await download();
    const ranges = ofWeights().map((request) => Number(/bytes=(\d+)/.exec(request)![1]));
    expect(ranges.sort((a, b) => a - b)).toEqual(Array.from({ length: 11 }, (_, index) => index * PART));
  });

  it('that is there is not loaded again', async () => {
    await download();
    hub.requests.length = 0;
    await download();
    expect(hub.requests).toEqual([]);
  });

  it('tells its progress up to all of it', async () => {
    const told: ModelProgress[] = [];
    await download({ onProgress: (progress) => told.push(progress) });
    const last = told.at(-1)!;
    expect(last.receivedBytes).toBe(last.totalBytes);
    expect(told.every(({ receivedBytes }, at) => receivedBytes >= (told[at - 1]?.receivedBytes ?? 0))).toBe(
      true,
    );
  });

  it('is listed with its size and removed', async () => {
    await download();
    const [model] = await listCached(root);
    expect(model).toMatchObject({ id: ID, directory: join(root, 'models--owner--model/snapshots', COMMIT) });
    expect(model!.bytes).toBeGreaterThanOrEqual(WEIGHTS.length);
    expect(await removeCached(root, ID)).toBe(true);
    expect(await listCached(root)).toEqual([]);
    expect(await removeCached(root, ID)).toBe(false);
    expect(await removeCached(root, '../..')).toBe(false);
  });
});

describe('goes on', () => {
  it('within a part when the connection drops', async () => {
    hub.misbehave = first(3, drop);
    const directory = await download({ parallel: 1 });
    expect(readFileSync(join(directory, 'model.safetensors')).equals(WEIGHTS)).toBe(true);
    expect(ofWeights().slice(0, 3)).toEqual([
      'model.safetensors bytes=0-999',
      'model.safetensors bytes=500-999',
      'model.safetensors bytes=750-999',
    ]);
  });

  it('after a cancellation with what is missing', async () => {
    const controller = new AbortController();
    const stop = ({ file, receivedBytes }: ModelProgress) => {
      if (file === 'model.safetensors' && receivedBytes > 5 * PART) controller.abort(new Error('enough'));
    };
    await expect(download({ parallel: 1, onProgress: stop, signal: controller.signal })).rejects.toThrow(
      'enough',
    );
    expect(await findSnapshot(root, ID)).toBeUndefined();
    const asked = ofWeights().length;
    expect(asked).toBeLessThan(9);
    hub.requests.length = 0;
    const directory = await download();
    expect(readFileSync(join(directory, 'model.safetensors')).equals(WEIGHTS)).toBe(true);
    expect(ofWeights().length).toBeLessThanOrEqual(11 - asked + 2);
  });

  it('after the process was killed: a state that cannot be read is not trusted', async () => {
    const controller = new AbortController();
    const stop = ({ receivedBytes }: ModelProgress) => {
      if (receivedBytes > 5 * PART) controller.abort(new Error('enough'));
    };
    await expect(download({ onProgress: stop, signal: controller.signal })).rejects.toThrow('enough');
    const [state] = blobs().filter((name) => name.endsWith('.verity.json'));
    writeFileSync(join(root, 'models--owner--model/blobs', state!), '{"size": 10500, "par');
    const directory = await download();
    expect(readFileSync(join(directory, 'model.safetensors')).equals(WEIGHTS)).toBe(true);
  });

  it.each([429, 500, 503])('after status %d', async (code) => {
    hub.misbehave = first(2, status(code, { 'retry-after': '0' }));
    await download();
    expect(await findSnapshot(root, ID)).toBeDefined();
  });

  it('after a connection that brings nothing', async () => {
    hub.misbehave = first(1, (_, response) => {
      response.writeHead(206, { 'content-length': PART });
      response.write(WEIGHTS.subarray(0, 1));
      return true;
    });
    const directory = await download({ parallel: 1 });
    expect(readFileSync(join(directory, 'model.safetensors')).equals(WEIGHTS)).toBe(true);
  });

  it('with a server that knows no ranges', async () => {
    hub.misbehave = (_, response, { content }) => {
      response.writeHead(200, { 'content-length': content.length }).end(content);
      return true;
    };
    const told: ModelProgress[] = [];
    const directory = await download({ onProgress: (progress) => told.push(progress) });
    expect(readFileSync(join(directory, 'model.safetensors')).equals(WEIGHTS)).toBe(true);
    expect(told.at(-1)!.receivedBytes).toBe(told.at(-1)!.totalBytes);
  });

  it('with a server that knows no ranges and drops', async () => {
    let asked = 0;
    hub.misbehave = (request, response, file) => {
      if (!file.content.equals(WEIGHTS)) return false;
      delete request.headers.range;
      asked++;
      // The first answer shows that there are no ranges, the second drops, the third is to resume and does not.
      if (asked === 2) return drop(request, response, file);
      send(request, response, file.content);
      return true;
    };
    const directory = await download({ parallel: 1 });
    expect(readFileSync(join(directory, 'model.safetensors')).equals(WEIGHTS)).toBe(true);
  });

  it('at another host, which never sees the token', async () => {
    const seen: (string | undefined)[] = [];
    const other = createServer((request: IncomingMessage, response: ServerResponse) => {
      seen.push(request.headers.authorization);
      send(request, response, WEIGHTS);
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    hub.misbehave = (_, response, { content }) => {
      if (!content.equals(WEIGHTS)) return false;
      response.writeHead(302, { location: `http://localhost:${port}/blob` }).end();
      return true;
    };
    await download({}, { token: 'secret' });
    other.closeAllConnections();
    other.close();
    expect(new Set(hub.tokens)).toEqual(new Set(['Bearer secret']));
    expect(seen.length).toBeGreaterThan(0);
    expect(new Set(seen)).toEqual(new Set([undefined]));
  });
});

describe('is refused', () => {
  it.each([
    ['a wrong digest', { claimed: { digest: 'a'.repeat(64) } }, /does not match its checksum/],
    ['more bytes than told', { claimed: { size: 10_400 } }, /longer than the hub says|checksum/],
  ])('with %s, and nothing of it is kept', async (_, more, message) => {
    hub.put('model.safetensors', WEIGHTS, { isLarge: true, ...more });
    await expectVerityError(download(), 'badInput', message);
    expect(await findSnapshot(root, ID)).toBeUndefined();
    expect(blobs().filter((name) => !/\.verity/.test(name))).toHaveLength(2);
  });

  it('where less comes than told, after some attempts', async () => {
    hub.put('model.safetensors', WEIGHTS, { isLarge: true, claimed: { size: 10_900 } });
    await expectVerityError(download(), 'badInput', /ended early.*What has come is kept/);
  });

  it.each([
    [401, {}, /gated, private or unknown \(401\).*accept its licence.*set a token/],
    [403, { token: 'x' }, /use a token that may read it/],
    [404, {}, /There is no owner\/model/],
    [429, {}, /too many requests \(429\).*try again/],
    [418, {}, /status 418/],
  ])('with status %d', async (code, options, message) => {
    hub.misbehave = status(code);
    await expectVerityError(download({}, options), 'badInput', message);
  });

  it('of an architecture that the runtime does not know, before its weights are loaded', async () => {
    const config = readFileSync(join(CHECKPOINT, 'config.json'), 'utf8');
    hub.put('config.json', config.replace('Qwen3ForCausalLM', 'MambaForCausalLM'));
    await expectVerityError(download(), 'badModel', /Mamba/);
    expect(ofWeights()).toEqual([]);
  });

  it.each([
    ['no safetensors', () => hub.files.delete('model.safetensors'), /no safetensors checkpoint/],
    ['no checksum', () => hub.put('model.safetensors', 'x', { claimed: { digest: '../x' } }), /no checksum/],
  ])('with %s', async (_, change, message) => {
    change();
    await expectVerityError(download(), 'badInput', message);
  });

  it('when the disk has no room, before anything is loaded', async () => {
    await expectVerityError(
      download({ freeBytes: () => Promise.resolve(400e6) }),
      'badInput',
      /0\.4 GB free/,
    );
    expect(hub.requests).toEqual([]);
  });

  it.each(['model', 'owner/model/more', 'owner/..', '../model', 'owner/mo del', '-'])('as %j', async (id) => {
    await expectVerityError(downloadModel(client(), root, id), 'badInput', /is no repository id|no .* at/);
  });

  it('while it is being loaded', async () => {
    const one = download();
    await expect.poll(() => hub.requests.length).toBeGreaterThan(0);
    await expectVerityError(download(), 'busy', /being loaded/);
    await one;
  });

  it('not by the lock of a process that is dead', async () => {
    mkdirSync(join(root, 'models--owner--model'), { recursive: true });
    writeFileSync(join(root, 'models--owner--model/verity.lock'), '99999999');
    await download();
  });

  it('where no hub answers', async () => {
    const { endpoint } = hub;
    await hub.stop();
    await expectVerityError(
      download({}, { endpoint }),
      'badInput',
      /could not be downloaded.*check the network/,
    );
    hub = await FakeHub.start();
  });

  it('where something else answers', async () => {
    const other = createServer((_, response) => response.end('{"hello": 1}'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    await expectVerityError(download({}, { endpoint }), 'badInput', /does not answer as a hub does/);
    other.close();
  });
});
