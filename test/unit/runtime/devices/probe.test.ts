/** Probes whose process behaves as broken drivers make it, and the real one; what is remembered of them. */
import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { ProbeResult } from '../../../../server/runtime/devices/device.ts';
import { ProbeMemo } from '../../../../server/runtime/devices/memo.ts';
import { probe } from '../../../../server/runtime/devices/probe.ts';
import { selectDevice } from '../../../../server/runtime/devices/select.ts';
import { bundle, type Bundle } from './bundle.ts';
import { swiftShader } from './swiftshader.ts';

const WORKS: ProbeResult = { works: true, ms: 2, cpuMs: 9, error: 1e-6, rowLimit: null };

async function temporary(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'verity-devices-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A probe's process that runs this code. */
async function fake(code: string): Promise<string> {
  const file = join(await temporary(), 'probe.mjs');
  await writeFile(file, code);
  return file;
}

describe('a probe', () => {
  it.each([
    ['a crash', "process.kill(process.pid, 'SIGSEGV')", 'crashed', /SIGSEGV/],
    ['an exit', 'process.exit(3)', 'crashed', /exit code 3/],
    [
      'an answer that is none',
      "process.send({ works: 'perhaps' }); setInterval(() => {}, 1000)",
      'failed',
      /nonsense/,
    ],
  ])('takes %s for a result', async (_, code, cause, message) => {
    const result = await probe('webgpu', { probeFile: await fake(code) });
    expect(result).toMatchObject({ works: false, cause, message: expect.stringMatching(message) as string });
  });

  it('ends a process that hangs in native code', async () => {
    const probeFile = await fake('for (;;);');
    const result = await probe('webgpu', { probeFile, timeoutMs: 1500 });
    expect(result).toEqual({ works: false, cause: 'timedOut', message: 'its test took more than 1.5 s' });
  });

  it('passes on what the process found, and removes the folder it gave it', async () => {
    const report = join(await temporary(), 'folder');
    const probeFile = await fake(
      `import { writeFileSync } from 'node:fs';
       writeFileSync(process.argv[3] + '/weights.bin', 'x');
       writeFileSync(${JSON.stringify(report)}, [...process.argv.slice(2), process.env.ORT_DISABLE_TELEMETRY].join(' '));
       process.send(${JSON.stringify(WORKS)});`,
    );
    expect(await probe('cuda', { probeFile })).toEqual(WORKS);
    const [device, folder = '', silenced] = (await readFile(report, 'utf8')).split(' ');
    expect(device).toBe('cuda');
    expect(silenced).toBe('1');
    await expect(readdir(folder)).rejects.toThrow('ENOENT');
  });
});

describe('the real probe', () => {
  let real: Bundle;
  beforeAll(async () => {
    real = await bundle('server/runtime/devices/probe-main.ts');
  });
  afterAll(() => real.remove());

  it('says that CUDA is not installed', async () => {
    expect(await probe('cuda', { probeFile: real.file })).toMatchObject({
      works: false,
      cause: 'notBundled',
    });
  });

  it('finds a software driver right, and where its forwards become wrong', { timeout: 300_000 }, async () => {
    const before = process.env;
    process.env = swiftShader();
    onTestFinished(() => void (process.env = before));
    const result = await probe('webgpu', { probeFile: real.file, timeoutMs: 250_000 });
    console.log(`SwiftShader: ${JSON.stringify(result)}`);
    expect(result).toMatchObject({ works: true, rowLimit: 31 });
    expect(result.works && result.error).toBeLessThan(1e-4);
  });
});

describe('the memo', () => {
  it('keeps results for the same circumstances, and for no others', async () => {
    const folder = await temporary();
    await new ProbeMemo(folder, ['1.30', 'linux']).write({ webgpu: WORKS });
    expect(await new ProbeMemo(folder, ['1.30', 'linux']).read()).toEqual({ webgpu: WORKS });
    expect(await new ProbeMemo(folder, ['1.31', 'linux']).read()).toEqual({});
    expect(await readdir(folder)).toHaveLength(1);
  });

  it.each(['', '{', '{"webgpu": {"works": 1}}', '[]', 'null'])('takes %j for none', async (content) => {
    const folder = await temporary();
    const memo = new ProbeMemo(folder, []);
    await memo.write({ webgpu: WORKS });
    const [name = ''] = await readdir(folder);
    await writeFile(join(folder, name), content);
    expect(await memo.read()).toEqual({});
  });

  it('does without a folder that cannot be written', async () => {
    const file = join(await temporary(), 'file');
    await writeFile(file, '');
    const memo = new ProbeMemo(file, []);
    await memo.write({ webgpu: WORKS });
    expect(await memo.read()).toEqual({});
  });
});

describe('selecting a device', () => {
  /** A probe that finds WebGPU well and CUDA broken, and counts how often it ran. */
  async function counted() {
    const folder = await temporary();
    const log = join(folder, 'log');
    const answers = {
      webgpu: WORKS,
      cuda: { works: false, cause: 'notBundled', message: 'it is not installed' },
    };
    const probeFile = await fake(
      `import { appendFileSync } from 'node:fs';
       appendFileSync(${JSON.stringify(log)}, process.argv[2] + '\\n');
       process.send(${JSON.stringify(answers)}[process.argv[2]]);`,
    );
    const runs = async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').slice(0, -1);
    return { options: { probeFile, memoDirectory: join(folder, 'memo') }, runs };
  }

  it('probes once and remembers, until it is told to probe anew', async () => {
    const { options, runs } = await counted();
    const first = await selectDevice('auto', options);
    expect(first.device).toBe('webgpu');
    const probed = await runs();
    expect(await selectDevice('auto', options)).toEqual(first);
    expect(await runs()).toEqual(probed);
    expect((await selectDevice('webgpu', { ...options, fresh: true })).device).toBe('webgpu');
    expect(await runs()).toEqual([...probed, 'webgpu']);
  });

  it('probes nothing for the CPU', async () => {
    const { options, runs } = await counted();
    expect((await selectDevice('cpu', options)).device).toBe('cpu');
    expect(await runs()).toEqual([]);
  });

  it('refuses a device that was asked for and does not work', async () => {
    const probeFile = await fake("process.kill(process.pid, 'SIGSEGV')");
    const selected = selectDevice('webgpu', { probeFile, memoDirectory: await temporary() });
    await expect(selected).rejects.toThrow(
      /WebGPU cannot be used: its driver ended the test's process \(SIGSEGV\)/,
    );
  });
});
