/** Thousands of mixed requests to one worker: none is lost, nothing stays held, memory stays flat. */
import { expect, it } from 'vitest';
import { VerityError } from '../../server/runtime/errors.ts';
import { GREEDY, type Prompt } from '../../server/runtime/language-model.ts';
import { seededRandom } from '../../server/runtime/sampling.ts';
import { WorkerModel } from '../../server/runtime/worker/client.ts';
import { checkpointDirectory, relativeError } from '../unit/runtime/fixtures.ts';
import { BUNDLES } from './support/bundles.ts';

/** Memory settles within some 9,000; what a leak adds shows after that. */
const REQUESTS = 16_000;
/** Requests come in crowds of these sizes in turn; the largest is more than the scheduler lets wait. */
const CROWDS = [10, 60, 330];
/** Room for a handful of requests, so that what they leave is evicted all the time. */
const CACHE_POSITIONS = 400;
const CONTEXT = 160;
/** The most that resident memory may differ between the second and the last quarter. */
const FLAT = 0.1;

/** The test's own time limit is the bound. */
const WITHIN = { timeout: 300_000 };

const random = seededRandom(7);
const below = (limit: number): number => Math.floor(random() * limit);
const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)]!;

const WORDS = ['const', 'value', '=', 'list', '(', ')', 'return', 'if', 'sum', '+', '1', ';'];
const words = (count: number): string => Array.from({ length: count }, () => pick(WORDS)).join(' ');
const PREFIXES = Array.from({ length: 4 }, () => words(12));
const SEQUENCES = Array.from({ length: 6 }, () => Array.from({ length: 1 + below(60) }, () => below(200)));
const prompt = (text: string): Prompt => ({ kind: 'parts', parts: [{ text }] });

it(`answers or refuses each of ${REQUESTS} mixed requests, in memory that stays flat`, async () => {
  const resident: { done: number; bytes: number }[] = [];
  let done = 0;
  const directory = checkpointDirectory('llama3-gqa');
  // 2 layers, keys and values, 2 heads × 16 in float32.
  const options = { maxContext: CONTEXT, threads: 1, cacheBytes: CACHE_POSITIONS * 2 * 2 * 2 * 16 * 4 };
  const model = await WorkerModel.start(BUNDLES.worker, directory, options, {
    onReport: ({ residentBytes }) => resident.push({ done, bytes: residentBytes }),
  });
  try {
    const expected: Float32Array[] = [];
    for (const tokens of SEQUENCES) expected.push((await model.evaluate(tokens)).logits);
    const counts = await Promise.all(PREFIXES.map((text) => model.countTokens(prompt(text))));

    const generate = (maxNewTokens: number, signal: AbortSignal | undefined) =>
      model.generate(
        {
          prompt: prompt(`${pick(PREFIXES)} ${words(1 + below(6))}`),
          maxNewTokens,
          sampling: random() < 0.5 ? GREEDY : { ...GREEDY, temperature: 0.8, seed: below(1000) },
          stop: [],
          topLogprobs: 0,
          priority: pick(['inline', 'panel', 'batch'] as const),
        },
        { ...(signal && { signal }) },
      );
    const evaluate = async (signal: AbortSignal | undefined) => {
      const which = below(SEQUENCES.length);
      const { logits } = await model.evaluate(SEQUENCES[which]!, signal);
      expect(relativeError(logits, expected[which]!)).toBeLessThan(1e-4);
    };
    const countTokens = async (signal: AbortSignal | undefined) => {
      const which = below(PREFIXES.length);
      expect(await model.countTokens(prompt(PREFIXES[which]!), signal)).toBe(counts[which]);
    };
    const ask = async (signal: AbortSignal | undefined) => {
      const kind = random();
      if (kind < 0.7) await generate(1 + below(12), signal);
      else if (kind < 0.85) await evaluate(signal);
      else if (kind < 0.95) await countTokens(signal);
      else await generate(CONTEXT, signal);
    };
    /** One request and the one way in which it ended; anything unexpected fails the test. */
    const outcome = async (): Promise<string> => {
      const controller = new AbortController();
      const fate = random();
      if (fate < 0.1) controller.abort();
      else if (fate < 0.25) setTimeout(() => controller.abort(), below(200));
      try {
        await ask(controller.signal);
        return 'answered';
      } catch (error) {
        if (error instanceof VerityError) return `refused: ${error.kind}`;
        if (controller.signal.aborted && error === controller.signal.reason)
          return fate < 0.1 ? 'cancelled before' : 'cancelled during';
        throw error;
      } finally {
        done++;
      }
    };

    const ended = new Map<string, number>();
    for (let crowd = 0, asked = 0; asked < REQUESTS; crowd++) {
      const size = Math.min(CROWDS[crowd % CROWDS.length]!, REQUESTS - asked);
      asked += size;
      for (const name of await Promise.all(Array.from({ length: size }, outcome)))
        ended.set(name, (ended.get(name) ?? 0) + 1);
    }

    await expect.poll(() => model.report?.loaded?.requests, WITHIN).toEqual({ running: 0, waiting: 0 });
    await expect.poll(() => model.report?.loaded?.cache.pinnedPositions, WITHIN).toBe(0);
    const { cache } = model.report!.loaded!;
    const quarter = (from: number) =>
      median(
        resident.filter(({ done }) => done > from && done <= from + REQUESTS / 4).map(({ bytes }) => bytes),
      );
    const [second, last] = [quarter(REQUESTS / 4), quarter((3 * REQUESTS) / 4)];
    console.log(Object.fromEntries(ended), cache, { second, last });

    expect([...ended.values()].reduce((sum, count) => sum + count, 0)).toBe(REQUESTS);
    expect([...ended.keys()].toSorted()).toEqual([
      'answered',
      'cancelled before',
      'cancelled during',
      'refused: busy',
      'refused: contextOverflow',
    ]);
    expect(ended.get('answered')).toBeGreaterThan(REQUESTS / 4);
    // All that was computed went through a cache of a few hundred positions.
    expect(cache.forwardedTokens).toBeGreaterThan(20 * CACHE_POSITIONS);
    expect(cache.reusedTokens).toBeGreaterThan(0);
    expect(Math.abs(last / second - 1)).toBeLessThan(FLAT);
  } finally {
    await model.dispose();
  }
});

function median(values: number[]): number {
  return values.toSorted((one, two) => one - two)[Math.floor(values.length / 2)]!;
}
