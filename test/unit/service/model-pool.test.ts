/** Several models under one memory limit, with processes that a test drives and a simulated clock. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StartHooks } from '../../../server/runtime/worker/client.ts';
import { ModelPool, type ModelPoolOptions, type PooledModel } from '../../../server/service/model-pool.ts';
import { Requests } from '../../../server/service/requests.ts';
import { expectVerityError } from '../runtime/fixtures.ts';
import { FakeWorker } from './fake-worker.ts';

const GB = 1e9;
const IDLE_MS = 60_000;
const [a, b, c] = ['a', 'b', 'c'].map((id): PooledModel => ({ id, directory: `/${id}` })) as [
  PooledModel,
  PooledModel,
  PooledModel,
];

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** Lets all that is ready happen. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** 4 GB, of which each model is thought to take 1.5 and takes 1.8. */
function setup(options: Partial<ModelPoolOptions> = {}) {
  const workers: FakeWorker[] = [];
  const loaded = () => workers.filter(({ isGone }) => !isGone).map(({ info }) => info.id);
  /** What was loaded when each process started. */
  const besides: string[][] = [];
  const requests = new Requests();
  const pool = new ModelPool({
    start: (directory: string, _: object, hooks: StartHooks) => {
      besides.push(loaded());
      const worker = new FakeWorker(directory.slice(1), hooks);
      workers.push(worker);
      worker.measure(1.8 * GB);
      return Promise.resolve(worker);
    },
    memoryLimit: 4 * GB,
    idleMs: IDLE_MS,
    estimate: () => Promise.resolve(1.5 * GB),
    run: {},
    onChange: () => undefined,
    ...options,
  });
  /** A request that is worked on until the test ends it. */
  const ask = async (model: PooledModel, signal?: AbortSignal) => {
    let end!: () => void;
    let fail!: (error: unknown) => void;
    let begin!: () => void;
    const started = new Promise<void>((resolve) => (begin = resolve));
    const held = new Promise<void>((resolve, reject) => ([end, fail] = [resolve, reject]));
    const done = requests.run({ name: model.id, priority: 'panel', signal }, (request) =>
      pool.use(model, request, async ({ info }) => {
        request.begin();
        begin();
        await held;
        return info.id;
      }),
    );
    await Promise.race([started, done]);
    vi.advanceTimersByTime(1);
    return { end, fail, done };
  };
  const once = async (model: PooledModel) => {
    const { end, done } = await ask(model);
    end();
    return done;
  };
  return { pool, workers, requests, ask, once, loaded, besides };
}

describe('memory', () => {
  it('counts an estimate before, what the process takes after, nothing when it is gone', async () => {
    let load!: () => void;
    const loading = new Promise<void>((resolve) => (load = resolve));
    const { pool, once } = setup({
      start: async (directory, _, hooks) => {
        await loading;
        const worker = new FakeWorker(directory, hooks);
        worker.measure(2 * GB);
        return worker;
      },
    });
    expect(pool.memory).toEqual({ heldBytes: 0, limitBytes: 4 * GB });
    const answer = once(a);
    await settle();
    expect(pool.memory.heldBytes).toBe(1.5 * GB);
    load();
    await answer;
    expect(pool.memory.heldBytes).toBe(2 * GB);
    await vi.advanceTimersByTimeAsync(IDLE_MS);
    expect(pool.memory.heldBytes).toBe(0);
  });

  it('is made by unloading the model that was used least recently', async () => {
    const { once, loaded } = setup();
    await once(a);
    await once(b);
    await once(a);
    expect(await once(c)).toBe('c');
    expect(loaded()).toEqual(['a', 'c']);
  });

  it('is never taken from a model in use, be it the oldest', async () => {
    const { ask, once, loaded } = setup();
    const { end, done } = await ask(a);
    await once(b);
    await once(c);
    expect(loaded()).toEqual(['a', 'c']);
    end();
    expect(await done).toBe('a');
  });

  it('that models in use hold is refused with what is needed and what to do; nothing is unloaded', async () => {
    const { ask, once, loaded, pool, requests } = setup();
    const running = [await ask(a), await ask(b)];
    await expectVerityError(
      once(c),
      'busy',
      /^c needs about 1\.5 GB .* in use hold 3\.6 GB of the 4\.0 GB .*Try again.*verity\.memory\.limit\.$/,
    );
    expect(requests.outcomes.at(-1)).toMatchObject({ request: 'c', outcome: 'refused' });
    expect(pool.status([c]).map(({ state }) => state)).toEqual(['busy', 'busy', 'unloaded']);
    for (const { end } of running) end();
    await Promise.all(running.map(({ done }) => done));
    expect(await once(c)).toBe('c');
    expect(loaded()).toEqual(['b', 'c']);
  });

  it('for a model that can never fit is refused, and no other is unloaded for it', async () => {
    const { once, loaded, pool } = setup({
      estimate: (directory) => Promise.resolve(directory === '/c' ? 5 * GB : GB),
    });
    await once(a);
    await expectVerityError(once(c), 'badModel', /^c needs about 5\.0 GB.*may use 4\.0 GB: choose a smaller/);
    expect(loaded()).toEqual(['a']);
    expect(pool.status([c])[1]).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('5.0 GB') as string,
    });
  });

  it('is counted once for two models that load at the same time', async () => {
    const { ask } = setup({ memoryLimit: 2 * GB });
    const [first, second] = [ask(a), ask(b)];
    const { end, done } = await first;
    await expectVerityError(second, 'busy', /b needs about 1\.5 GB/);
    end();
    await done;
  });

  it('that a model grew into is made by unloading idle others, not the model itself', async () => {
    const { once, ask, workers, loaded } = setup();
    await once(a);
    const { end, done } = await ask(b);
    workers[1]!.measure(2.5 * GB);
    await settle();
    expect(loaded()).toEqual(['b']);
    workers[1]!.measure(5 * GB);
    end();
    await done;
    workers[1]!.measure(5 * GB);
    await settle();
    expect(loaded()).toEqual(['b']);
  });

  it('counts what a model took last time, once that is known', async () => {
    const { once, besides } = setup({ estimate: () => Promise.resolve(0.1 * GB) });
    for (const model of [a, b, c]) await once(model);
    expect(besides.at(-1)).toEqual(['a', 'b']);
    await vi.advanceTimersByTimeAsync(IDLE_MS);
    for (const model of [a, b, c]) await once(model);
    expect(besides.at(-1)).toEqual(['b']);
  });
});

describe('an idle model', () => {
  it('is unloaded after its time, counted from the end of its last request', async () => {
    const { ask, once, loaded } = setup();
    const { end, done } = await ask(a);
    await vi.advanceTimersByTimeAsync(3 * IDLE_MS);
    expect(loaded()).toEqual(['a']);
    end();
    await done;
    await vi.advanceTimersByTimeAsync(IDLE_MS - 1);
    await once(a);
    await vi.advanceTimersByTimeAsync(IDLE_MS - 1);
    expect(loaded()).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(1);
    expect(loaded()).toEqual([]);
  });

  it('is loaded again by the next request, also by one that comes while the process ends', async () => {
    const { once, workers, loaded, pool } = setup();
    await once(a);
    let goOn!: () => void;
    const lingering = new Promise<void>((resolve) => (goOn = resolve));
    const dispose = workers[0]!.dispose.bind(workers[0]);
    workers[0]!.dispose = () => lingering.then(dispose);
    await vi.advanceTimersByTimeAsync(IDLE_MS);
    const answer = once(a);
    await settle();
    expect(workers).toHaveLength(1);
    goOn();
    expect(await answer).toBe('a');
    expect([workers.length, loaded(), pool.status([])[0]!.deaths]).toEqual([2, ['a'], 0]);
  });

  it('that was loaded for a cancelled request is unloaded too', async () => {
    let load!: () => void;
    const loading = new Promise<void>((resolve) => (load = resolve));
    let worker: FakeWorker | undefined;
    const { ask } = setup({
      start: async (directory, _, hooks) => {
        await loading;
        return (worker = new FakeWorker(directory, hooks));
      },
    });
    const controller = new AbortController();
    const answer = ask(a, controller.signal);
    await settle();
    controller.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
    load();
    await settle();
    await vi.advanceTimersByTimeAsync(IDLE_MS);
    expect(worker?.isGone).toBe(true);
  });

  it('stays without such a time', async () => {
    const { once, loaded } = setup({ idleMs: undefined });
    await once(a);
    await vi.advanceTimersByTimeAsync(1000 * IDLE_MS);
    expect(loaded()).toEqual(['a']);
  });
});

describe('requests of one model', () => {
  it('load it once and run at once', async () => {
    const { ask, workers, requests, pool } = setup();
    const all = await Promise.all([ask(a), ask(a), ask(a)]);
    expect([workers.length, requests.running]).toEqual([1, 3]);
    expect(pool.status([])[0]!.state).toBe('busy');
    for (const { end } of all) end();
    await Promise.all(all.map(({ done }) => done));
    expect(pool.status([])[0]!.state).toBe('ready');
  });

  it('that had not begun when the process died go to the next one, the others fail', async () => {
    const { pool, workers, requests, ask } = setup();
    const begun = await ask(a);
    let calls = 0;
    const waiting = requests.run({ name: 'waits', priority: 'panel' }, (request) =>
      pool.use(a, request, async () => {
        calls++;
        // The process dies while this one waits in it; in the next it is answered.
        if (calls === 1) throw await workers[0]!.ended;
        return 'answered';
      }),
    );
    await settle();
    begun.fail(workers[0]!.die());
    await expectVerityError(begun.done, 'workerDied', /SIGKILL.*ask again/);
    expect(await waiting).toBe('answered');
    expect([workers.length, pool.status([])[0]!.deaths]).toEqual([2, 1]);
  });

  it('end a process that lives on but is of no use', async () => {
    const { ask, workers, loaded } = setup();
    const { fail, done } = await ask(a);
    fail(workers[0]!.fail('There is not enough memory.'));
    await expectVerityError(done, 'workerDied', /not enough memory.*ask again/);
    expect([workers.length, loaded()]).toEqual([1, []]);
  });

  it('that use a second model end only the process that died', async () => {
    const { pool, workers, requests, loaded } = setup();
    const both = (failing: number) =>
      requests.run({ name: 'complete', priority: 'panel' }, (request) =>
        pool.use(a, request, () =>
          pool.use(b, request, () => {
            request.begin();
            return Promise.reject(workers.filter(({ isGone }) => !isGone)[failing]!.die());
          }),
        ),
      );
    await expectVerityError(both(1), 'workerDied', /^[^.]*SIGKILL[^.]*\. It is started again[^.]*\.$/);
    expect(loaded()).toEqual(['a']);
    await expectVerityError(both(0), 'workerDied', /^[^.]*SIGKILL[^.]*\. It is started again[^.]*\.$/);
    expect(loaded()).toEqual(['b']);
    expect(pool.status([]).map(({ deaths }) => deaths)).toEqual([1, 1]);
  });

  it('are refused after three deaths within five minutes, not after that', async () => {
    const { ask, workers, once, pool } = setup();
    for (let death = 0; death < 3; death++) {
      const { fail, done } = await ask(a);
      fail(workers.at(-1)!.die());
      await expect(done).rejects.toMatchObject({ kind: 'workerDied' });
    }
    await expectVerityError(once(a), 'workerDied', /died 3 times.*Restart Server/);
    expect(pool.status([])[0]).toMatchObject({ state: 'failed', deaths: 3 });
    await vi.advanceTimersByTimeAsync(6 * 60_000);
    expect(await once(a)).toBe('a');
  });
});
