/** Remembers what probes found, in the user's cache folder. A memo that cannot be read or written is none. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ProbeResult } from './device.ts';
import type { ProbeResults } from './choose.ts';

const Memo = z.object({ cuda: ProbeResult.optional(), webgpu: ProbeResult.optional() });

export class ProbeMemo {
  private readonly directory: string;
  private readonly file: string;

  /** @param circumstances What the results depend on; other circumstances have other memos. */
  constructor(directory: string, circumstances: readonly string[]) {
    const key = createHash('sha256').update(JSON.stringify(circumstances)).digest('hex').slice(0, 32);
    this.directory = directory;
    this.file = join(directory, `${key}.json`);
  }

  async read(): Promise<ProbeResults> {
    try {
      const { cuda, webgpu } = Memo.parse(JSON.parse(await readFile(this.file, 'utf8')));
      return { ...(cuda && { cuda }), ...(webgpu && { webgpu }) };
    } catch {
      return {};
    }
  }

  /** Atomic: a reader finds the old memo or the new one. */
  async write(results: ProbeResults): Promise<void> {
    const temporary = `${this.file}.${process.pid}`;
    try {
      await mkdir(this.directory, { recursive: true });
      await writeFile(temporary, JSON.stringify(results), { flush: true });
      await rename(temporary, this.file);
    } catch {
      // The next start probes again.
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }
}
