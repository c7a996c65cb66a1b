/** The `verity` command as a process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished } from 'vitest';
import { BUNDLES } from './bundles.ts';
import { Family } from './processes.ts';

export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** In a process group of its own, as a terminal starts it. */
  detached?: boolean;
}

/** A running command. */
export class Command {
  readonly family = new Family();
  readonly child: ChildProcess;
  private stdout = '';
  private stderr = '';
  /** Resolves when the command has ended and no worker is left. */
  readonly result: Promise<CommandResult>;

  constructor(args: string[], { cwd, env, detached = false }: CommandOptions = {}) {
    this.child = spawn(process.execPath, [BUNDLES.cli, ...args], {
      cwd,
      detached,
      env: { ...this.family.environment, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.on('data', (data: Buffer) => (this.stdout += data.toString()));
    this.child.stderr!.on('data', (data: Buffer) => (this.stderr += data.toString()));
    this.result = this.finish();
    onTestFinished(async () => {
      this.family.kill();
      await this.family.gone();
    });
  }

  private async finish(): Promise<CommandResult> {
    const [code] = (await once(this.child, 'close')) as [number | null];
    await this.family.gone();
    return { code, stdout: this.stdout, stderr: this.stderr };
  }
}

export const verity = (args: string[], options?: CommandOptions): Promise<CommandResult> =>
  new Command(args, options).result;

/** Runs a command that succeeds and prints one JSON object. */
export async function verityJson(args: string[], options?: CommandOptions): Promise<unknown> {
  const { code, stdout, stderr } = await verity(args, options);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return JSON.parse(stdout) as unknown;
}

/** Expects the exit code, nothing on standard output and exactly one line on standard error. */
export function expectOneLine({ code, stdout, stderr }: CommandResult, expected: number, line: RegExp): void {
  expect(stderr).toMatch(/^verity: [^\n]+\n$/);
  expect(stderr).toMatch(line);
  expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
}
