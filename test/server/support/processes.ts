/** Processes of a test: each family inherits a mark in its environment, so that none can hide behind a dead parent. */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const MARK = 'VERITY_TEST_FAMILY';

/** Server, CLI and workers that descend from one process a test started. Linux: it reads /proc. */
export class Family {
  private readonly id = randomUUID();

  /** The environment to start the first process with. */
  get environment(): NodeJS.ProcessEnv {
    // The test runner's own options are no part of the product.
    return { ...process.env, NODE_OPTIONS: '', [MARK]: this.id };
  }

  /** Living members; one that has ended and is not yet reaped does not count. */
  get members(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && this.isMember(name))
      .map(Number);
  }

  private isMember(pid: string): boolean {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`${MARK}=${this.id}`);
    } catch {
      return false;
    }
  }

  /** Workers: members beside the process itself. Waits until there is one. */
  async worker(ofPid: number): Promise<number> {
    for (;;) {
      const other = this.members.find((pid) => pid !== ofPid && isWorker(pid));
      if (other !== undefined) return other;
      await sleep(5);
    }
  }

  /** Resident memory of all members but one, bytes. */
  residentBytes(besides: number): number {
    return this.members
      .filter((pid) => pid !== besides)
      .map(residentBytes)
      .reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Waits until none is left; the test's time limit is the bound. */
  async gone(): Promise<void> {
    while (this.members.length > 0) await sleep(20);
  }

  kill(): void {
    for (const pid of this.members) process.kill(pid, 'SIGKILL');
  }
}

/** Resident memory of a process as the system counts it, bytes; 0 once it has ended. */
export function residentBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Past its exec: a process that was only just forked still carries its parent's command line. */
function isWorker(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('worker.mjs');
  } catch {
    return false;
  }
}
