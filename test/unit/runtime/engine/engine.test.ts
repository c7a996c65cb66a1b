/** The engine on a simulated decoder: what is computed once, who waits for whom, and how requests end. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Branch } from '../../../../server/runtime/engine/branch.ts';
import { Engine, type EngineOptions } from '../../../../server/runtime/engine/engine.ts';
import { type Priority, PRIORITIES } from '../../../../server/runtime/engine/policy.ts';
import { expectVerityError } from '../fixtures.ts';
import { SimulatedDecoder } from './simulated-decoder.ts';

const CHUNK = 16;
const BYTES = 8;

const setup = (options: EngineOptions = {}, contextLength = 512) => {
  const decoder = new SimulatedDecoder(contextLength);
  const engine = new Engine(decoder, { chunk: CHUNK, ...options });
  const open = (priority: Priority = 'panel', positions = 0) => engine.open({ positions, priority });
  return { decoder, engine, open };
};

/** Token ids 0 … 15, as long as wanted; another seed gives another first token. */
const text = (length: number, seed = 0): number[] =>
  Array.from({ length }, (_, index) => (seed + index * (index > 15 ? 7 : 1)) % 16);

const turn = () => new Promise((resolve) => setImmediate(resolve));
afterEach(() => vi.restoreAllMocks());

describe('what is computed', () => {
  it('is what follows the first changed token', async () => {
    const { engine, open } = setup();
    const first = await open();
    await first.append(text(100));
    first.release();
    const edited = [...text(60), 15, 14, 13];
    const second = await open();
    await second.append(edited);
    expect(engine.stats).toMatchObject({ forwardedTokens: 103, reusedTokens: 60 });
  });

  it('is a shared prefix once, when requests that have it come together', async () => {
    const { decoder, engine, open } = setup();
    const prefix = text(50);
    const branches = await Promise.all([open(), open(), open()]);
    await Promise.all(branches.map((branch, index) => branch.append([...prefix, index, ...text(9)])));
    expect(engine.stats.forwardedTokens).toBe(50 + 3 * 10);
    expect(engine.stats.reusedTokens).toBe(2 * 50);
    expect(engine.stats.livePositions).toBe(50 + 3 * 10);
    expect(decoder.forwards.flatMap(({ contents }) => contents)).toHaveLength(80);
  });

  it('is the last token again where all is cached, which takes no room that stays', async () => {
    const { engine, open } = setup();
    const [first, second] = [await open(), await open()];
    const { logits } = await first.append(text(20));
    expect((await second.append(text(20))).logits).toEqual(logits);
    expect(engine.stats).toMatchObject({ forwardedTokens: 21, reusedTokens: 19, livePositions: 20 });
  });

  it('is one row for two requests that want the same outputs at once', async () => {
    const { engine, open } = setup();
    const [first, second] = [await open(), await open()];
    const [a, b] = await Promise.all([first.append(text(10)), second.append(text(10))]);
    expect(b).toEqual({ ...a, reused: 10 });
    expect(a.reused).toBe(0);
    expect(engine.stats.forwardedTokens).toBe(10);
  });

  it('goes in one forward for all branches that ask together, logits for wanted rows alone', async () => {
    const { decoder, open } = setup();
    const root = await open();
    await root.append(text(10), { rows: 0 });
    const forks = [root.fork(), root.fork(), root.fork()];
    await Promise.all(forks.map((fork, index) => fork.append([index, 5], { head: index > 0 })));
    expect(decoder.forwards.map(({ contents, rows }) => [contents.length, rows])).toEqual([
      [10, []],
      [6, [3, 5]],
    ]);
  });

  it('needs no forward where nothing is missing and no outputs are wanted', async () => {
    const { decoder, open } = setup();
    await (await open()).append(text(10));
    const { logits, hidden } = await (await open()).append(text(10), { rows: 0 });
    expect([logits.length, hidden.length, decoder.forwards.length]).toEqual([0, 0, 1]);
  });
});

describe('accounting', () => {
  it('counts bytes in use, in capacity and moved', async () => {
    const { engine, open } = setup();
    const branch = await open();
    await branch.append(text(250));
    expect(engine.stats).toMatchObject({ usedBytes: 250 * BYTES, capacityBytes: 256 * BYTES, bytesMoved: 0 });
    await branch.append(text(10));
    // The cache is full after 6 more; all of them move into one twice as large.
    expect(engine.stats).toMatchObject({ usedBytes: 260 * BYTES, capacityBytes: 512 * BYTES });
    expect(engine.stats.bytesMoved).toBe(250 * BYTES);
    branch.release();
    await engine.evict(100 * BYTES);
    expect(engine.stats).toMatchObject({ usedBytes: 100 * BYTES, capacityBytes: 256 * BYTES });
    await engine.evict(0);
    expect(engine.stats).toMatchObject({ livePositions: 0, pinnedPositions: 0, capacityBytes: 0 });
  });
});

describe('scheduling', () => {
  /** The slack of its class in admission (0, 2 or 4 s), and then those that are before it. */
  const BOUND_MS: Record<Priority, number> = { inline: 1000, panel: 6000, batch: 10_000 };
  /** Room for two requests at a time, or for all. */
  const ROOMS = { 'a full cache': 0, 'an ample cache': 2 ** 20 };

  /** Notes the order in which requests are answered. */
  const race = (branches: Record<string, [Branch, number[]]>) => {
    const order: string[] = [];
    const all = Object.entries(branches).map(([name, [branch, contents]]) =>
      branch.append(contents).then(() => order.push(name)),
    );
    return { order, all: Promise.all(all) };
  };

  it('answers inline before panel before batch', async () => {
    const { open } = setup({ now: () => 0 });
    const { order, all } = race({
      batch: [await open('batch'), text(40, 1)],
      panel: [await open('panel'), text(40, 2)],
      inline: [await open('inline'), text(40, 3)],
    });
    await all;
    expect(order).toEqual(['inline', 'panel', 'batch']);
  });

  it('lets an inline request wait for the chunk that runs when it arrives, and no other', async () => {
    const { decoder, open } = setup({ now: () => 0 });
    const [judgment, inline] = [await open('panel'), await open('inline')];
    let answered = 0;
    decoder.before = () => {
      if (decoder.forwards.length !== 2) return;
      void inline.append(text(CHUNK, 5)).then(() => (answered = decoder.forwards.length));
    };
    await judgment.append(text(400));
    expect(answered).toBe(3);
    expect(decoder.forwards).toHaveLength(1 + 400 / CHUNK);
  });

  it('keeps a batch request going while inline ones never end', async () => {
    let now = 0;
    const { decoder, open } = setup({ now: () => now });
    decoder.before = () => void (now += 100);
    let doneAt = Infinity;
    const batch = (await open('batch')).append(text(8, 9)).then(() => (doneAt = now));
    for (let request = 0; request < 20; request++) {
      const branch = await open('inline');
      await branch.append(text(2 * CHUNK, request % 8));
      branch.release();
    }
    await batch;
    // Two positions ride along each 250 ms: four rides.
    expect(doneAt).toBeLessThan(4 * 500);
  });

  const cases = PRIORITIES.flatMap((kept) =>
    Object.entries(ROOMS).map(([room, bytes]) => [kept, room, bytes] as const),
  );
  it.each(cases)(
    'answers %s requests in bounded time on %s, whatever else never ends to come',
    async (kept, _, cacheBytes) => {
      let now = 0;
      const { decoder, engine, open } = setup({ now: () => now, cacheBytes }, 128);
      decoder.before = ({ contents }) => void (now += 20 + contents.length);
      let isOver = false;
      let texts = 0;
      /** Never the beginning of another, so that nothing is found in the cache. */
      const fresh = (length: number): number[] => {
        const number = texts++;
        return [8, 4, 0].map((shift) => (number >> shift) & 15).concat(text(length - 3));
      };
      /** One request after the other, each of them half of the full cache's room. */
      const crowd = async (priority: Priority) => {
        // An end after all, so that whoever starves is seen to have waited for it.
        while (!isOver && now < 100_000) {
          const branch = await open(priority, 64);
          await branch.append(fresh(40));
          for (let token = 0; token < 4; token++) await branch.append([token]);
          branch.release();
        }
      };
      const others = PRIORITIES.filter((priority) => priority !== kept);
      const crowds = others.flatMap((priority) => [1, 2, 3].map(() => crowd(priority)));
      const waits: number[] = [];
      for (let request = 0; request < 10; request++) {
        const asked = now;
        const branch = await open(kept, 64);
        await branch.append(fresh(30));
        await branch.append([3]);
        branch.release();
        waits.push(now - asked);
      }
      isOver = true;
      await Promise.all(crowds);
      expect(Math.max(...waits)).toBeLessThan(BOUND_MS[kept]);
      expect(engine.requests).toEqual({ running: 0, waiting: 0 });
      expect(engine.stats.pinnedPositions).toBe(0);
    },
  );

  it('refuses what its reserved room does not cover once the cache is full, and nobody else', async () => {
    const { engine, open } = setup({ cacheBytes: 0 }, 64);
    const [first, second] = [await open(), await open()];
    await first.append(text(60));
    await expectVerityError(second.append(text(60, 5)), 'busy', /memory for context is full/);
    expect(engine.stats.pinnedPositions).toBe(60);
    await first.append([1]);
    first.release();
    await second.append(text(60, 5));
  });

  it('lets requests wait for room instead of failing half done', async () => {
    const { engine, open } = setup({ cacheBytes: 0 }, 64);
    const first = await open('panel', 40);
    let isOpen = false;
    const second = open('panel', 40).then((branch) => ((isOpen = true), branch));
    await turn();
    expect(isOpen).toBe(false);
    const fork = first.fork();
    first.release();
    await turn();
    expect(isOpen).toBe(false);
    fork.release();
    (await second).release();
    expect(engine.stats.pinnedPositions).toBe(0);
  });
});

describe('cancellation', () => {
  it('rejects at once, ends the work after the forward that runs, and keeps what that has computed', async () => {
    const { decoder, engine, open } = setup();
    const controller = new AbortController();
    const branch = await open();
    let reached: () => void = () => undefined;
    const running = new Promise<void>((resolve) => (reached = resolve));
    let go: () => void = () => undefined;
    decoder.before = () => (reached(), new Promise((resolve) => (go = resolve)));
    const request = branch.append(text(100), { signal: controller.signal });
    await running;
    controller.abort(new Error('enough'));
    await expect(request).rejects.toThrow('enough');
    decoder.before = () => undefined;
    go();
    await turn();
    await turn();
    expect(decoder.forwards).toHaveLength(1);
    branch.release();
    expect(engine.stats).toMatchObject({ pinnedPositions: 0, livePositions: CHUNK });
  });

  it('takes waiting requests out of the queue, and others go on', async () => {
    const { decoder, open } = setup();
    const controller = new AbortController();
    const [one, other] = [await open(), await open()];
    const cancelled = one.append(text(100, 1), { signal: controller.signal });
    const kept = other.append(text(40, 2));
    controller.abort(new Error('enough'));
    await expect(cancelled).rejects.toThrow('enough');
    await kept;
    expect(decoder.forwards.flatMap(({ contents }) => contents)).toHaveLength(40);
  });

  it('leaves the branch where it was', async () => {
    const { open } = setup();
    const branch = await open();
    await branch.append(text(5));
    const aborted = AbortSignal.abort(new Error('enough'));
    await expect(branch.append([1], { signal: aborted })).rejects.toThrow('enough');
    expect(branch.length).toBe(5);
    const again = await open();
    expect((await branch.append([1])).logits).toEqual((await again.append([...text(5), 1])).logits);
  });
});

describe('failures', () => {
  const bad = Float32Array.of(NaN, 0, 0, 0);

  it('fails the request alone whose values are not numbers; others in its forward get their own', async () => {
    const { engine, open } = setup();
    const [good, damaged, control] = [await open(), await open(), await open()];
    const expected = (await control.append(text(5, 3))).logits;
    control.release();
    await engine.evict(0);
    const both = [good.append(text(5, 3)), damaged.append([1, bad])];
    await expectVerityError(both[1]!, 'badModel', /not numbers/);
    expect((await both[0]!).logits).toEqual(expected);
    damaged.release();
    good.release();
    await engine.evict(0);
    expect(engine.stats).toMatchObject({ livePositions: 0, pinnedPositions: 0 });
  });

  it('fails those in a forward that fails, and goes on after it', async () => {
    const { decoder, engine, open } = setup();
    const [one, other] = [await open(), await open()];
    decoder.before = () => {
      throw new Error('out of memory');
    };
    const both = [one.append([1]), other.append([2])];
    for (const request of both) await expect(request).rejects.toThrow('out of memory');
    decoder.before = () => undefined;
    await one.append([1]);
    expect(engine.stats).toMatchObject({ livePositions: 1, pinnedPositions: 1 });
  });

  it('refuses everything once the cache could not be rearranged', async () => {
    const { decoder, open } = setup();
    const branch = await open();
    vi.spyOn(decoder, 'arrange').mockImplementation(() => {
      throw new RangeError('Array buffer allocation failed');
    });
    await expectVerityError(branch.append([1]), 'workerDied', /not enough memory.*allocation failed/);
    vi.restoreAllMocks();
    await expectVerityError(branch.append([1]), 'workerDied', /not enough memory/);
  });

  it.each([
    ['nothing', [], 'badInput', /nothing to evaluate/],
    ['an unknown token', [16], 'badInput', /from 0 to 15/],
    ['half a token', [0.5], 'badInput', /from 0 to 15/],
    ['a vector of another width', [new Float32Array(3)], 'badInput', /vectors of 4/],
    ['more than the context', text(513), 'contextOverflow', /513 tokens.*512/],
  ] as const)('refuses %s', async (_, contents, kind, message) => {
    const { open } = setup();
    const branch = await open();
    await expectVerityError(branch.append(contents), kind, message);
  });

  it('ends waiting requests when it closes, and takes no more', async () => {
    const { engine, open } = setup();
    const branch = await open();
    const request = branch.append(text(100));
    const closing = engine.close();
    await expectVerityError(request, 'workerDied', /unloaded/);
    await closing;
    await expectVerityError(branch.append([1]), 'workerDied', /unloaded/);
  });
});

describe('Branch', () => {
  it('steps back and goes another way', async () => {
    const { engine, open } = setup();
    const [branch, control] = [await open(), await open()];
    await branch.append([1, 2, 3, 4]);
    branch.stepBack(2);
    expect(branch.length).toBe(2);
    expect((await branch.append([5])).logits).toEqual((await control.append([1, 2, 5])).logits);
    branch.release();
    branch.release();
    control.release();
    // What was taken back is forgotten, unless another branch shares it.
    expect(engine.stats).toMatchObject({ livePositions: 3, pinnedPositions: 0 });
    const [held, sharing] = [await open(), await open()];
    await held.append([1, 2, 3]);
    await sharing.append([1, 2, 3, 4]);
    sharing.stepBack(3);
    expect(engine.stats).toMatchObject({ livePositions: 4, pinnedPositions: 3 });
  });

  it('is used by one request at a time, and by none after its release', async () => {
    const { open } = setup();
    const branch = await open();
    const first = branch.append([1]);
    await expect(branch.append([2])).rejects.toThrow(/fork it/);
    await first;
    branch.release();
    await expect(branch.append([2])).rejects.toThrow(/released/);
  });
});
