/** Tasks side by side, of which one fails or all are cancelled. */
import { describe, expect, it } from 'vitest';
import { allOrNone } from '../../../server/agents/all-or-none.ts';

/** Ends when it is cancelled, a little later; writes that down. */
const waiting = (log: string[]) => (signal: AbortSignal) =>
  new Promise<string>((_, reject) => {
    signal.addEventListener('abort', () =>
      setTimeout(() => {
        log.push('ended');
        reject(signal.reason as Error);
      }, 5),
    );
  });

describe('allOrNone', () => {
  it('gives all results in their order', async () => {
    const later = (value: number) => () =>
      new Promise<number>((resolve) => setTimeout(() => resolve(value), 5 * value));
    expect(await allOrNone([later(3), later(1), later(2)])).toEqual([3, 1, 2]);
  });

  it('cancels the others when one fails, and rejects with its failure once they have ended', async () => {
    const log: string[] = [];
    const broken = new Error('broken');
    const tasks = [waiting(log), () => Promise.reject(broken), waiting(log)];
    await expect(allOrNone(tasks)).rejects.toBe(broken);
    expect(log).toEqual(['ended', 'ended']);
  });

  it("rejects with the signal's reason once all have ended", async () => {
    const log: string[] = [];
    const controller = new AbortController();
    const reason = new Error('enough');
    const all = allOrNone([waiting(log), waiting(log)], controller.signal);
    controller.abort(reason);
    await expect(all).rejects.toBe(reason);
    expect(log).toEqual(['ended', 'ended']);
  });
});
