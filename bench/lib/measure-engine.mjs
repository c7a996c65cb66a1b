/** One measurement of bench/engines.mjs in a process of its own: reads a request from standard input. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { readBandwidth } from './bandwidth.mjs';
import { answer } from './child.mjs';
import { memory } from './memory.mjs';
import { sizesFor, timeGeneration, tokensOf } from './workloads.mjs';

/** Each engine is imported where it is used, so that its memory is counted for it alone. */
const ENGINES = {
  verity: async (request) => (await import('./engines/verity.mjs')).openVerity(request),
  llama: async (request) => (await import('./engines/llama.mjs')).openLlama(request),
  transformers: async (request) => (await import('./engines/transformers.mjs')).openTransformers(request),
};

const SEEDS = { check: 1, warmUp: 2, prompt: 3, longPrompt: 4, batch: 100, tree: 200, edit: 300 };

async function open(request) {
  const sizes = sizesFor(request.contextLength, request.quick);
  const before = memory();
  const started = performance.now();
  const engine = await ENGINES[request.engine]({
    ...request,
    contextLength: sizes.context,
    sequences: Math.max(...sizes.batches),
  });
  const tokens = (seed, count) => tokensOf(seed, count, request.vocabSize);
  return { engine, sizes, before, tokens, loadMs: performance.now() - started };
}

/** The likeliest token after each of the same tokens. */
async function check(request) {
  const { engine, sizes, tokens } = await open(request);
  return engine.nextAfterEach(tokens(SEEDS.check, sizes.checked));
}

async function run(request) {
  const { engine, sizes, before, tokens, loadMs } = await open(request);
  await timeGeneration(engine, [tokens(SEEDS.warmUp, 32)], 4);
  const short = await timeGeneration(engine, [tokens(SEEDS.prompt, sizes.prompt)], 1 + sizes.decoded);
  const long = await timeGeneration(
    engine,
    [tokens(SEEDS.longPrompt, sizes.longPrompt)],
    1 + sizes.decodedAfterLongPrompt,
  );
  const batches = {};
  for (const batch of sizes.batches) {
    const prompts = Array.from({ length: batch }, (_, index) =>
      tokens(SEEDS.batch + index, sizes.batchPrompt),
    );
    batches[batch] = (await timeGeneration(engine, prompts, 1 + sizes.decoded)).tokensPerSecond;
  }
  const used = memory();
  return {
    loadMs,
    prefill: sizes.prompt / (short.firstTokenMs / 1000),
    prefillLong: sizes.longPrompt / (long.firstTokenMs / 1000),
    decode: short.tokensPerSecond,
    stepMs: short.stepMs,
    bestStepMs: short.bestStepMs,
    stepAfterLongPromptMs: long.stepMs,
    ...Object.fromEntries(Object.entries(batches).map(([batch, rate]) => [`decodeBatch${batch}`, rate])),
    residentBytes: used.resident - before.resident,
    anonymousBytes: used.anonymous - before.anonymous,
    peakBytes: used.peak - before.resident,
  };
}

/** Leaves that share a prefix, against the same sequences one after another with nothing shared. */
async function tree(request) {
  const { engine, sizes, tokens } = await open(request);
  const { treePrefix, leaves, leafTokens } = sizes;
  const prefix = tokens(SEEDS.tree, treePrefix);
  const firsts = tokens(SEEDS.tree + 1, leaves);
  const timed = async (sequences) => {
    await engine.forget();
    const started = performance.now();
    const root = await engine.open(treePrefix + sequences.length * leafTokens);
    await root.append(prefix, { rows: 'none' });
    const prefixMs = performance.now() - started;
    const forks = sequences.map((first) => ({ branch: root.fork(), first }));
    await Promise.all(
      forks.map(({ branch, first }) => engine.follow(branch, [first], leafTokens, () => undefined)),
    );
    for (const branch of [root, ...forks.map((fork) => fork.branch)]) branch.release();
    return { prefixMs, decodeMs: performance.now() - started - prefixMs };
  };
  await timed(firsts.slice(0, 1));
  const together = await timed(firsts);
  const alone = await timed(firsts.slice(1, 2));
  const total = ({ prefixMs, decodeMs }) => prefixMs + decodeMs;
  return {
    treeMs: total(together),
    treeTokensPerSecond: (leaves * leafTokens) / (together.decodeMs / 1000),
    aloneMs: total(alone),
    aloneTokensPerSecond: leafTokens / (alone.decodeMs / 1000),
    speedup: (leaves * total(alone)) / total(together),
    decodeSpeedup: (leaves * alone.decodeMs) / together.decodeMs,
  };
}

/** Time to the next token of a context whose line at some place was rewritten, against that of a new context. */
async function edit(request) {
  const { engine, sizes, tokens } = await open(request);
  const { editContext, editedTokens } = sizes;
  const context = tokens(SEEDS.edit, editContext);
  const evaluate = async (contents) => {
    const started = performance.now();
    const branch = await engine.open(contents.length);
    await branch.append(contents);
    branch.release();
    return performance.now() - started;
  };
  await evaluate(context.slice(0, 64));
  await engine.forget();
  const coldMs = await evaluate(context);
  const editedAt = async (place, seed) => {
    const at = Math.floor(place * editContext) - editedTokens;
    const line = tokens(SEEDS.edit + seed, editedTokens);
    return (await evaluate(context.toSpliced(at, editedTokens, ...line))) / coldMs;
  };
  return {
    coldMs,
    lastLine: await editedAt(1, 1),
    nineTenths: await editedAt(0.9, 2),
    middle: await editedAt(0.5, 3),
  };
}

/** Operators of some decoding steps behind two lengths of context, see profile.mjs. */
async function profile(request) {
  const { profileSteps } = await import('./profile.mjs');
  const folder = await mkdtemp(join(tmpdir(), 'verity-profile-'));
  const { engine, sizes, tokens } = await open({ ...request, profilePrefix: join(folder, 'profile') });
  return profileSteps(engine, {
    contexts: [sizes.treePrefix, sizes.longPrompt],
    tokens: tokens(SEEDS.longPrompt, sizes.longPrompt),
    chunk: 128,
    folder,
  });
}

await answer({ bandwidth: readBandwidth, check, run, tree, edit, profile });
