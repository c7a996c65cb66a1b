/** The queue: order, bounded waiting, leaving while waiting, and that a turn is never lost. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestQueue } from '../../../server/service/queue.ts';

/** A task that ends when told to. */
function task() {
  let finish!: () => void;
  let fail!: (error: Error) => void;
  const done = new Promise<string>((resolve, reject) => {
    finish = () => resolve('done');
    fail = reject;
  });
  let isStarted = false;
  const run = () => {
    isStarted = true;
    return done;
  };
  return { run, finish, fail, started: () => isStarted };
}

/** Lets all that is ready happen. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('RequestQueue', () => {
  it('runs one at a time in the order of asking', async () => {
    const queue = new RequestQueue();
    const tasks = [task(), task(), task()];
    const results = tasks.map(({ run }) => queue.run(run));
    for (const [index, { finish }] of tasks.entries()) {
      await settle();
      expect(tasks.map(({ started }) => started())).toEqual(tasks.map((_, place) => place <= index));
      expect([queue.running, queue.waiting]).toEqual([1, 2 - index]);
      finish();
    }
    expect(await Promise.all(results)).toEqual(['done', 'done', 'done']);
    expect([queue.running, queue.waiting]).toEqual([0, 0]);
  });

  it('gives the turn on after a failure, thrown at once or later', async () => {
    const queue = new RequestQueue();
    const atOnce = queue.run(() => {
      throw new Error('at once');
    });
    const later = queue.run(() => Promise.reject(new Error('later')));
    const fine = queue.run(() => Promise.resolve('fine'));
    await expect(atOnce).rejects.toThrow('at once');
    await expect(later).rejects.toThrow('later');
    expect(await fine).toBe('fine');
  });

  it('refuses when 32 wait already, and takes more when one is done', async () => {
    const queue = new RequestQueue();
    const first = task();
    const accepted = [
      queue.run(first.run),
      ...Array.from({ length: 32 }, () => queue.run(() => Promise.resolve('x'))),
    ];
    expect(queue.waiting).toBe(32);
    await expect(queue.run(() => Promise.resolve('y'))).rejects.toMatchObject({
      name: 'VerityError',
      kind: 'busy',
    });
    first.finish();
    await Promise.all(accepted);
    expect(await queue.run(() => Promise.resolve('z'))).toBe('z');
  });

  it('lets a waiting request leave, with the reason of its signal', async () => {
    const queue = new RequestQueue();
    const [first, second, third] = [task(), task(), task()];
    const controller = new AbortController();
    const runs = [queue.run(first.run), queue.run(second.run, controller.signal), queue.run(third.run)];
    const reason = new Error('changed my mind');
    controller.abort(reason);
    await expect(runs[1]).rejects.toBe(reason);
    expect(queue.waiting).toBe(1);
    first.finish();
    await settle();
    expect([second.started(), third.started()]).toEqual([false, true]);
    third.finish();
    await Promise.all([runs[0], runs[2]]);
  });

  it('does not take a request whose signal is aborted already', async () => {
    const queue = new RequestQueue();
    const reason = new Error('too late');
    const never = task();
    await expect(queue.run(never.run, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect([never.started(), queue.running]).toEqual([false, 0]);
  });

  it('leaves a running request to its task when its signal aborts', async () => {
    const queue = new RequestQueue();
    const running = task();
    const controller = new AbortController();
    const result = queue.run(running.run, controller.signal);
    await settle();
    controller.abort();
    expect(queue.running).toBe(1);
    running.finish();
    expect(await result).toBe('done');
  });

  it('tells of every change of its lengths', async () => {
    const seen: string[] = [];
    const queue: RequestQueue = new RequestQueue(() => seen.push(`${queue.running}/${queue.waiting}`));
    const first = task();
    const runs = [queue.run(first.run), queue.run(() => Promise.resolve('x'))];
    first.finish();
    await Promise.all(runs);
    expect(seen[0]).toBe('1/0');
    expect(seen).toContain('1/1');
    expect(seen.at(-1)).toBe('0/0');
  });

  it('loses no turn and never runs two at once, whatever is asked, left, failed and finished (property)', async () => {
    const action = fc.oneof(
      { weight: 3, arbitrary: fc.constant<['ask']>(['ask']) },
      { weight: 2, arbitrary: fc.constantFrom<['finish' | 'fail']>(['finish'], ['fail']) },
      { weight: 2, arbitrary: fc.tuple(fc.constant('abort' as const), fc.nat(40)) },
      { weight: 1, arbitrary: fc.constant<['settle']>(['settle']) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
        const queue = new RequestQueue();
        const asked: {
          controller: AbortController;
          end?: (failed: boolean) => void;
          ended: Promise<string>;
        }[] = [];
        const startedOrder: number[] = [];
        let running = 0;
        const ask = () => {
          const index = asked.length;
          const controller = new AbortController();
          const run = () => {
            expect(++running).toBe(1);
            startedOrder.push(index);
            return new Promise<string>((resolve, reject) => {
              asked[index]!.end = (failed) => {
                running--;
                if (failed) reject(new Error('failed'));
                else resolve('answered');
              };
            });
          };
          // Asked for in the next turn, so that the record stands before the task starts.
          asked.push({ controller, ended: Promise.resolve('') });
          asked[index]!.ended = queue.run(run, controller.signal).catch((error: unknown) => String(error));
        };
        const endCurrent = (failed: boolean) => {
          const index = startedOrder.at(-1);
          const end = index === undefined ? undefined : asked[index]!.end;
          if (end === undefined || running === 0) return false;
          end(failed);
          return true;
        };
        for (const [kind, which] of actions) {
          if (kind === 'ask') ask();
          else if (kind === 'abort') asked[which]?.controller.abort();
          else if (kind === 'settle') await settle();
          else endCurrent(kind === 'fail');
        }
        do await settle();
        while (endCurrent(false));
        await Promise.all(asked.map(({ ended }) => ended));
        expect([queue.running, queue.waiting]).toEqual([0, 0]);
        expect(startedOrder).toEqual(startedOrder.toSorted((one, two) => one - two));
        for (const [index, { end, controller }] of asked.entries())
          expect(end !== undefined || controller.signal.aborted || index > 32).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
