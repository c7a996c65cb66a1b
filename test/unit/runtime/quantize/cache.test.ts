/** The cache on disk: what is whole is used, what is not is made again, and nobody's accident harms another. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { utimesSync } from 'node:fs';
import {
  appendFile,
  cp,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../../server/runtime/checkpoint.ts';
import { openQuantized } from '../../../../server/runtime/quantize/cache.ts';
import { explainWriteFailure } from '../../../../server/runtime/quantize/directory.ts';
import { QUANTIZATIONS } from '../../../../server/runtime/quantize/options.ts';
import type { QuantizeHooks } from '../../../../server/runtime/quantize/write.ts';
import { readSafetensorsHeader } from '../../../../server/runtime/safetensors.ts';
import { type CheckpointName, checkpointDirectory, copyOf, expectVerityError } from '../fixtures.ts';
import { temporaryDirectory } from './reference.ts';

const SOURCE = 'llama3-gqa';

/** Opens in int4 and says whether it had to quantize. */
async function open4(directory: string, cache: string, hooks: QuantizeHooks = {}) {
  let steps = 0;
  const weights = await openQuantized(await openCheckpoint(directory), QUANTIZATIONS.int4, cache, {
    ...hooks,
    onProgress: (done, total) => {
      steps++;
      hooks.onProgress?.(done, total);
    },
  });
  return { weights, quantized: steps > 0, steps };
}

const entries = async (cache: string): Promise<string[]> =>
  (await readdir(cache)).filter((name) => name !== 'sources');

describe('openQuantized', () => {
  it('quantizes once and reports its progress', async () => {
    const cache = await temporaryDirectory();
    const progress: [number, number][] = [];
    const first = await open4(checkpointDirectory(SOURCE), cache, {
      onProgress: (done, total) => progress.push([done, total]),
    });
    const [last] = progress.slice(-1);
    expect(last![0]).toBe(last![1]);
    expect(progress.map(([done]) => done)).toEqual(progress.map(([done]) => done).toSorted((a, b) => a - b));
    const second = await open4(checkpointDirectory(SOURCE), cache);
    expect(second.quantized).toBe(false);
    expect(second.weights.folder).toBe(first.weights.folder);
    expect(await entries(cache)).toEqual([first.weights.folder.slice(cache.length + 1)]);
  });

  it('keeps dtypes apart', async () => {
    const cache = await temporaryDirectory();
    const checkpoint = await openCheckpoint(checkpointDirectory(SOURCE));
    const folders = [];
    for (const quantization of Object.values(QUANTIZATIONS))
      folders.push((await openQuantized(checkpoint, quantization, cache)).folder);
    expect(new Set(folders).size).toBe(2);
    expect((await entries(cache)).length).toBe(2);
  });

  it('gives checkpoints of the same content one entry, wherever and in however many files they lie', async () => {
    const cache = await temporaryDirectory();
    const { weights } = await open4(checkpointDirectory(SOURCE), cache);
    expect((await open4(await copyOf(SOURCE), cache)).weights.folder).toBe(weights.folder);
    expect(await entries(cache)).toHaveLength(1);
  });

  it('notices other weights under the same header, size and time', async () => {
    const cache = await temporaryDirectory();
    const directory = await copyOf(SOURCE);
    const file = join(directory, 'model.safetensors');
    const before = await open4(directory, cache);
    const { atime, mtime } = await stat(file);
    await putFloat(directory, 'model.norm.weight', 0.123);
    await utimes(file, atime, mtime);
    const after = await open4(directory, cache);
    expect(after.quantized).toBe(true);
    expect(after.weights.folder).not.toBe(before.weights.folder);
  });
});

async function putFloat(directory: string, tensor: string, value: number): Promise<void> {
  const file = join(directory, 'model.safetensors');
  const { offset } = (await readSafetensorsHeader(file)).get(tensor)!;
  const handle = await open(file, 'r+');
  await handle.write(new Uint8Array(Float32Array.of(value).buffer), 0, 4, offset);
  await handle.close();
}

describe('a damaged entry', () => {
  const damages: [string, (folder: string) => Promise<unknown>][] = [
    ['a changed code', (folder) => flipByte(folder, 0)],
    ['a changed byte at the end', (folder) => flipByte(folder, -1)],
    ['a cut file', (folder) => truncate(join(folder, 'weights.bin'), 1000)],
    ['a longer file', (folder) => appendFile(join(folder, 'weights.bin'), 'x')],
    ['no weights', (folder) => rm(join(folder, 'weights.bin'))],
    ['no manifest', (folder) => rm(join(folder, 'manifest.json'))],
    ['a manifest that is no JSON', (folder) => truncate(join(folder, 'manifest.json'), 100)],
    [
      'another manifest',
      (folder) => editManifest(folder, (text) => text.replace(/"source":"../, '"source":"00')),
    ],
    ['a lost checksum', (folder) => editManifest(folder, (text) => text.replace('"codes"', '"values"'))],
  ];

  it.each(damages)('is made again: %s', async (_, damage) => {
    const cache = await temporaryDirectory();
    const { weights } = await open4(checkpointDirectory(SOURCE), cache);
    const file = join(weights.folder, 'weights.bin');
    const whole = await readFile(file);
    await damage(weights.folder);
    const again = await open4(checkpointDirectory(SOURCE), cache);
    expect(again.quantized).toBe(true);
    expect(again.weights.folder).toBe(weights.folder);
    expect(await readFile(file)).toEqual(whole);
    expect(await entries(cache)).toHaveLength(1);
    expect((await open4(checkpointDirectory(SOURCE), cache)).quantized).toBe(false);
  });

  it('does not matter where only the memory of the source is lost or false', async () => {
    const cache = await temporaryDirectory();
    const { weights } = await open4(checkpointDirectory(SOURCE), cache);
    const [memo] = await readdir(join(cache, 'sources'));
    for (const content of ['{', JSON.stringify({ source: '../../etc' })]) {
      await writeFile(join(cache, 'sources', memo!), content);
      expect((await open4(checkpointDirectory(SOURCE), cache)).weights.folder).toBe(weights.folder);
    }
    expect((await open4(checkpointDirectory(SOURCE), cache)).quantized).toBe(false);
  });
});

async function flipByte(folder: string, position: number): Promise<void> {
  const file = join(folder, 'weights.bin');
  const content = await readFile(file);
  content[position < 0 ? content.length + position : position]! ^= 1;
  await writeFile(file, content);
}

async function editManifest(folder: string, edit: (text: string) => string): Promise<void> {
  const file = join(folder, 'manifest.json');
  await writeFile(file, edit(await readFile(file, 'utf8')));
}

describe('an interrupted quantization', () => {
  it('ends within one block of rows of a cancel and leaves nothing', async () => {
    const cache = await temporaryDirectory();
    const controller = new AbortController();
    let steps = 0;
    const running = open4(checkpointDirectory(SOURCE), cache, {
      signal: controller.signal,
      onProgress: () => {
        if (++steps === 3) controller.abort(new Error('enough'));
      },
    });
    await expect(running).rejects.toThrow('enough');
    expect(steps).toBe(3);
    expect(await entries(cache)).toEqual([]);
  });

  it.each([NaN, Infinity, -Infinity])('refuses a weight of %d and names its tensor', async (value) => {
    const cache = await temporaryDirectory();
    const directory = await copyOf(SOURCE);
    const tensor = 'model.layers.1.mlp.up_proj.weight';
    await putFloat(directory, tensor, value);
    await expectVerityError(
      open4(directory, cache),
      'badModel',
      new RegExp(`${tensor} has the value ${value} at`),
    );
    expect(await entries(cache)).toEqual([]);
  });

  it('refuses weights that change meanwhile', async () => {
    const cache = await temporaryDirectory();
    const directory = await copyOf(SOURCE);
    const later = new Date(Date.now() + 5000);
    const touched = open4(directory, cache, {
      onProgress: (done, total) => {
        if (done === total) utimesSync(join(directory, 'model.safetensors'), later, later);
      },
    });
    await expectVerityError(touched, 'badModel', /changed while they were quantized/);
    expect(await entries(cache)).toEqual([]);
  });
});

describe('several processes', () => {
  let child: string;
  let folder: string;

  beforeAll(async () => {
    folder = join(import.meta.dirname, '../../../../.verity', `quantize-child-${process.pid}`);
    await mkdir(folder, { recursive: true });
    child = join(folder, 'child.mjs');
    await build({
      entryPoints: [join(import.meta.dirname, 'child.ts')],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: child,
      logLevel: 'error',
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
    });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('a killed one leaves nothing that is used, and what it left goes', async () => {
    const cache = await temporaryDirectory();
    const killed = spawn(process.execPath, [child, checkpointDirectory(SOURCE), cache, 'hang']);
    await once(killed.stdout, 'data');
    const [left] = await entries(cache);
    expect(left).toMatch(/^tmp-/);
    // A running process's directory is nobody else's business.
    const beside = await open4(await copyOf(SOURCE), cache);
    expect(await entries(cache)).toContain(left);
    await rm(beside.weights.folder, { recursive: true });
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const { weights, quantized } = await open4(checkpointDirectory(SOURCE), cache);
    expect(quantized).toBe(true);
    expect(await entries(cache)).toEqual([weights.folder.slice(cache.length + 1)]);
  });

  it('keep the entries they use, whatever the limit, until they end', async () => {
    const cache = await temporaryDirectory();
    const make = async (name: CheckpointName) => {
      const checkpoint = await openCheckpoint(checkpointDirectory(name));
      const { folder } = await openQuantized(checkpoint, QUANTIZATIONS.int4, cache, {}, 1);
      return folder.slice(cache.length + 1);
    };
    const holder = spawn(process.execPath, [child, checkpointDirectory(SOURCE), cache, 'hold']);
    const [folder] = (await once(holder.stdout, 'data')) as [Buffer];
    const held = folder
      .toString()
      .trim()
      .slice(cache.length + 1);
    const own = await make('qwen2-tied-f16');
    expect((await entries(cache)).toSorted()).toEqual([held, own].toSorted());
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const next = await make('llama-linear-mqa-bf16');
    expect((await entries(cache)).toSorted()).toEqual([own, next].toSorted());
  });

  it('at the same time end with one entry, the same for all', async () => {
    const cache = await temporaryDirectory();
    const run = () => promisify(execFile)(process.execPath, [child, checkpointDirectory(SOURCE), cache]);
    const results = await Promise.all([run(), run(), run(), open4(checkpointDirectory(SOURCE), cache)]);
    const { weights } = results[3];
    for (const { stdout } of results.slice(0, 3) as { stdout: string }[])
      expect(stdout.trim().split('\n').at(-1)).toBe(weights.folder);
    expect(await entries(cache)).toEqual([weights.folder.slice(cache.length + 1)]);
    expect((await open4(checkpointDirectory(SOURCE), cache)).quantized).toBe(false);
  });

  // Files larger than the limit fail as they do on a full disk: in the middle of a write.
  it.skipIf(process.platform === 'win32')('without room get one clear line and leave nothing', async () => {
    const cache = await temporaryDirectory();
    const failed = promisify(execFile)('sh', [
      '-c',
      'ulimit -f 64; exec "$0" "$@"',
      process.execPath,
      child,
      checkpointDirectory(SOURCE),
      cache,
    ]);
    const error = (await failed.catch((reason: unknown) => reason)) as { stderr: string; code: number };
    expect(error.code).toBe(2);
    expect(error.stderr).toMatch(/^badModel: The quantized model cannot be written to .*EFBIG.*fp32.*\n$/);
    expect(await entries(cache)).toEqual([]);
  });
});

describe('an unusable folder', () => {
  it('is named with what to do', async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, 'file'), '');
    await expectVerityError(
      open4(checkpointDirectory(SOURCE), join(directory, 'file', 'cache')),
      'badModel',
      /cannot be written to .*a part of the path is a file.*fp32/,
    );
  });

  it.each(['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS'])('is explained for %s', (code) => {
    const error = Object.assign(new Error('write failed'), { code });
    expect(explainWriteFailure(error, '/cache')).toMatchObject({ kind: 'badModel', cause: error });
  });

  it('does not hide other errors', () => {
    const error = new TypeError('a bug');
    expect(explainWriteFailure(error, '/cache')).toBe(error);
  });

  it('keeps its hands off what is not a temporary directory of ours', async () => {
    const cache = await temporaryDirectory();
    await cp(checkpointDirectory(SOURCE), join(cache, 'mine'), { recursive: true });
    await mkdir(join(cache, 'tmp-otherhost-1-abc'));
    await open4(checkpointDirectory(SOURCE), cache);
    expect(await entries(cache)).toEqual(expect.arrayContaining(['mine', 'tmp-otherhost-1-abc']));
  });
});
