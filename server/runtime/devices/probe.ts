/** Tries a device in a process of its own: what a broken driver does to that process is the result. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childEnvironment } from '../child-environment.ts';
import { type Accelerator, type ProbeFailure, ProbeResult } from './device.ts';

export interface ProbeOptions {
  /** The bundled probe (dist/probe.mjs). */
  probeFile: string;
  /** Milliseconds until a probe counts as hung; compiling shaders takes seconds on some machines. */
  timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 60_000;

export async function probe(
  device: Accelerator,
  { probeFile, timeoutMs = DEFAULT_TIMEOUT_MS }: ProbeOptions,
): Promise<ProbeResult> {
  // Made and removed here, because the child may not live to do so. ONNX Runtime wants the real path.
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'verity-probe-')));
  const child = fork(probeFile, [device, folder], {
    execArgv: [],
    env: childEnvironment(),
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const ended = new Promise<ProbeFailure>((resolve) => {
    child.once('exit', (code, signal) => resolve(crashed(signal ?? `exit code ${code}`)));
    child.once('error', (error) => resolve(crashed(error.message)));
  });
  try {
    return await Promise.race([answer(child), ended, timeout(child, timeoutMs)]);
  } finally {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
}

const answer = (child: ChildProcess): Promise<ProbeResult> =>
  new Promise((resolve) => {
    child.once('message', (raw) => {
      const parsed = ProbeResult.safeParse(raw);
      resolve(parsed.success ? parsed.data : failure('failed', 'its test answered nonsense'));
    });
  });

const timeout = (child: ChildProcess, ms: number): Promise<ProbeFailure> =>
  new Promise((resolve) => {
    const timer = setTimeout(
      () => resolve(failure('timedOut', `its test took more than ${ms / 1000} s`)),
      ms,
    );
    child.once('exit', () => clearTimeout(timer));
  });

const crashed = (how: string): ProbeFailure =>
  failure('crashed', `its driver ended the test's process (${how})`);

const failure = (cause: ProbeFailure['cause'], message: string): ProbeFailure => ({
  works: false,
  cause,
  message,
});
