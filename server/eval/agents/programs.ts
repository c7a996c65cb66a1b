/**
 * Runs a Python program that a model wrote, with tests behind it, in a child process with limits: time, memory, size
 * of files, an empty environment, a folder of its own, and no network where the system can cut it off (Linux
 * namespaces). That keeps accidents in; it is no wall against a program that means harm, so a user has to ask for it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ProgramLimits {
  seconds: number;
  megabytes: number;
}

export const DEFAULT_LIMITS: ProgramLimits = { seconds: 10, megabytes: 512 };

export type ProgramOutcome = { passed: true } | { passed: false; why: string };

const ERROR_CHARACTERS = 2000;
const FILE_KILOBYTES = 1024;

let cutsNetwork: boolean | undefined;

/** Whether programs run without a network here. */
export function canCutNetwork(): boolean {
  cutsNetwork ??= process.platform === 'linux' && spawnSync('unshare', ['-rn', 'true']).status === 0;
  return cutsNetwork;
}

/** Runs the program, then its tests; it passed if it came to its end without an error. */
export async function runProgram(
  program: string,
  tests: string,
  limits: ProgramLimits = DEFAULT_LIMITS,
  signal?: AbortSignal,
): Promise<ProgramOutcome> {
  signal?.throwIfAborted();
  const folder = await mkdtemp(join(tmpdir(), 'verity-program-'));
  try {
    // A program that leaves early has not passed: only the end of the tests knows the word.
    const word = randomUUID();
    await writeFile(join(folder, 'program.py'), `${program}\n\n${tests}\n\nprint("\\n${word}")\n`);
    const { output, errors, how } = await run(folder, limits, signal);
    if (output.trimEnd().endsWith(word)) return { passed: true };
    return { passed: false, why: how ?? lastLine(errors) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Ended {
  output: string;
  errors: string;
  /** Why it was ended, if it was. */
  how: string | undefined;
}

function run(folder: string, limits: ProgramLimits, signal: AbortSignal | undefined): Promise<Ended> {
  const [command, args] = commandLine(limits);
  const child = spawn(command, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that what it starts ends with it.
    detached: process.platform !== 'win32',
  });
  let output = '';
  let errors = '';
  let how: string | undefined;
  child.stdout.on('data', (data: Buffer) => (output = (output + data.toString()).slice(-ERROR_CHARACTERS)));
  child.stderr.on('data', (data: Buffer) => (errors = (errors + data.toString()).slice(-ERROR_CHARACTERS)));
  const end = (why: string) => {
    how ??= why;
    killGroup(child.pid);
  };
  const timer = setTimeout(() => end(`it ran longer than ${limits.seconds} s`), 1000 * limits.seconds);
  const abort = () => end('cancelled');
  signal?.addEventListener('abort', abort, { once: true });
  return new Promise<Ended>((resolve, reject) => {
    child.on('error', () => resolve({ output, errors, how: 'python3 cannot be started' }));
    child.on('close', () => {
      // What it started and left behind.
      killGroup(child.pid);
      if (signal?.aborted) reject(signal.reason as Error);
      else resolve({ output, errors, how });
    });
  }).finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  });
}

function commandLine({ seconds, megabytes }: ProgramLimits): [string, string[]] {
  // -I: no user's packages, no environment variables of Python's, and not the folder itself as a place of modules.
  const python = ['python3', '-I', 'program.py'];
  if (process.platform === 'win32') return [python[0]!, python.slice(1)];
  // Where a limit cannot be set nothing is run.
  const limits = [`-t ${Math.ceil(seconds)}`, `-v ${megabytes * 1024}`, `-f ${FILE_KILOBYTES}`];
  const limited = `${limits.map((limit) => `ulimit ${limit} && `).join('')}exec "$@"`;
  const words = ['sh', '-c', limited, 'sh', ...(canCutNetwork() ? ['unshare', '-rn'] : []), ...python];
  return [words[0]!, words.slice(1)];
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) || 'it ended early';
