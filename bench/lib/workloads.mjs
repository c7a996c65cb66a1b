/** What every engine is asked to do, and how its answer is timed. */
import { performance } from 'node:perf_hooks';
import { median } from './statistics.mjs';

/** Sizes for a context length, in tokens; quick ones try the benchmark out, or where others use the machine. */
export function sizesFor(contextLength, quick = false) {
  const isLong = contextLength >= 2304;
  const sizes = {
    context: isLong ? 2304 : contextLength,
    prompt: 512,
    longPrompt: isLong ? 2048 : 768,
    decoded: 128,
    decodedAfterLongPrompt: 16,
    batches: [4, 8],
    batchPrompt: 64,
    checked: 64,
    treePrefix: isLong ? 1024 : 512,
    leaves: 32,
    leafTokens: 32,
    editContext: isLong ? 2000 : 768,
    editedTokens: 12,
  };
  if (!quick) return sizes;
  return {
    ...sizes,
    longPrompt: 768,
    decoded: 32,
    batchPrompt: 16,
    treePrefix: 512,
    leafTokens: 8,
    editContext: 768,
  };
}

/** Token ids that look random and differ between seeds, the same for every engine. */
export function tokensOf(seed, count, vocabSize) {
  let state = (seed + 1) * 0x9e3779b9;
  return Array.from({ length: count }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5;
    state ^= state >>> 13;
    return (state >>> 0) % vocabSize;
  });
}

/**
 * Greedy generation for prompts side by side. Time to first token: until every sequence has one. Decoding: the tokens
 * of all sequences from then until the first of them has all of its own, so that the batch is full throughout.
 */
export async function timeGeneration(engine, prompts, count) {
  await engine.forget();
  const times = prompts.map(() => []);
  const tokens = prompts.map(() => []);
  const started = performance.now();
  await engine.generate(prompts, count, (sequence, token) => {
    times[sequence].push(performance.now());
    tokens[sequence].push(token);
  });
  const from = Math.max(...times.map((each) => each[0]));
  const to = Math.min(...times.map((each) => each.at(-1)));
  const between = times.flat().filter((time) => time > from && time <= to).length;
  const [first] = times;
  const steps = first.slice(1).map((time, index) => time - first[index]);
  return {
    firstTokenMs: from - started,
    tokensPerSecond: between / ((to - from) / 1000),
    stepMs: median(steps),
    // On a machine that others use, too, the best step is nearest to what the engine needs.
    bestStepMs: Math.min(...steps),
    tokens,
  };
}
