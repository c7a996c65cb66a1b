/**
 * What the KV trie and the multifurcation reward model save: the same search (same models, prompts, budget and length)
 * with the trie, without any cache, and with a process reward model that reads each candidate; positions evaluated,
 * reward calls and wall clock, medians over the prompts.
 *
 *   npm run bench -- search [--policy DIR] [--safety DIR] [--data lures.jsonl] [--prompts 3] [--budget 16] [--tokens 64]
 *                           [--variants trie,uncached,prm] [--threads 2] [--out FILE]
 *
 * Where no reward model is at hand the policy's own weights stand in for it: an adapter that is merged has the same shape
 * and costs the same. A policy of random weights would say nothing: it finds nearly every token likely, so that a process
 * reward model would be asked about tens of thousands a step.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { load, machine } from './lib/machine.mjs';
import { bundled } from './lib/runtime.mjs';
import { median } from './lib/statistics.mjs';
import { UncachedTokenModel } from './lib/uncached.mjs';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    policy: { type: 'string', default: join(root, 'models/nano-complete') },
    safety: { type: 'string', default: join(root, 'models/nano-safety') },
    data: { type: 'string', default: join(root, 'models/nano-safety/lures.jsonl') },
    prompts: { type: 'string', default: '3' },
    budget: { type: 'string', default: '16' },
    tokens: { type: 'string', default: '64' },
    variants: { type: 'string', default: 'trie,uncached,prm' },
    threads: { type: 'string', default: String(cpus().length) },
    out: { type: 'string', default: join(root, 'bench/results/search.json') },
  },
});
const threads = Number(values.threads);
const budget = Number(values.budget);
const length = Number(values.tokens);

const product = await bundled('search-entry.ts');

/** The model with its engine: whether anything stays cached is the benchmark's to say. */
async function open(directory, maxContext = Infinity) {
  const checkpoint = await product.openCheckpoint(directory);
  const contextLength = Math.min(checkpoint.spec.contextLength, maxContext, 4096);
  const session = await product.DecoderSession.create(
    { ...checkpoint.spec, contextLength },
    checkpoint.weights,
    {
      threads,
    },
  );
  const engine = new product.Engine(session, {
    chunk: Math.min(contextLength, product.chunkFor(checkpoint.weights.parameters)),
  });
  const tokens = new product.EngineTokenModel(engine, checkpoint, session.spec);
  return { engine, tokens, parameters: checkpoint.weights.parameters };
}

/** The reward model's files, or the policy's in their place. */
async function rewardModel(policy) {
  const adapter = join(values.safety, 'adapter_config.json');
  if (!existsSync(adapter)) return { ...policy, id: `${policy.id} in its place`, frame: 'code' };
  const resolved = await product.resolveSafety(values.safety);
  return { ...resolved, ...(await product.openRewardModel(resolved.files)) };
}

async function prompts() {
  if (!existsSync(values.data))
    return ['def run(command):\n    ', 'const query = "SELECT * FROM users WHERE id = " + '];
  const lines = (await readFile(values.data, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line).prompt);
}

const policyFiles = await product.resolveModel('policy', values.policy);
const rewardFiles = await rewardModel(policyFiles);
const policy = await open(policyFiles.directory, policyFiles.maxContext);
const rewards = await open(rewardFiles.directory, rewardFiles.maxContext);
const unseen = rewardFiles.unseen ?? new Uint8Array(rewards.tokens.vocabSize);
const mrm = (model) => ({ model, unseen, frame: product.frameFor(rewardFiles.frame, model) });
const uncached = (opened) => new UncachedTokenModel(opened.engine, opened.tokens);
const search = (model, source) => product.rewardSearch('search', model, source, { budget });
const methods = {
  trie: () => search(policy.tokens, product.multifurcationRewards(mrm(rewards.tokens))),
  uncached: () => search(uncached(policy), product.multifurcationRewards(mrm(uncached(rewards)))),
  prm: () => search(policy.tokens, product.perCandidate(product.asProcessRewards(mrm(rewards.tokens)))),
};

const texts = (await prompts()).slice(0, Number(values.prompts));
const runs = Object.fromEntries(values.variants.split(',').map((name) => [name, []]));
const before = load();
for (const [index, text] of texts.entries()) {
  for (const [name, list] of Object.entries(runs)) {
    for (const { engine } of [policy, rewards]) await engine.evict(0);
    const { completions, counters } = await methods[name]().complete({
      prompt: { kind: 'parts', parts: [{ text }] },
      instruction: text,
      maxNewTokens: length,
      // Every search goes on to the full length.
      minNewTokens: length,
      seed: 0,
    });
    list.push({ ...counters, completion: completions[0].text });
    process.stderr.write(`prompt ${index + 1} of ${texts.length}, ${name}: ${Math.round(counters.ms)} ms\n`);
  }
}
const variants = Object.fromEntries(Object.entries(runs).map(([name, list]) => [name, summary(list)]));
const result = {
  machine: machine(threads),
  load: { before, after: load() },
  policy: { id: policyFiles.id, parameters: policy.parameters },
  rewardModel: { id: rewardFiles.id ?? basename(rewardFiles.directory), parameters: rewards.parameters },
  budget,
  newTokens: length,
  prompts: texts.length,
  variants,
  /** How much more each variant takes than the search with the trie. */
  ratios: Object.fromEntries(
    Object.entries(variants).map(([name, figures]) => [name, ratios(figures, variants.trie)]),
  ),
  /** Searches whose completion is that of the search with the trie; rounding may part two that are nearly equal. */
  sameCompletions: Object.fromEntries(
    Object.entries(runs).map(([name, list]) => [
      name,
      list.filter(({ completion }, index) => completion === runs.trie?.[index]?.completion).length,
    ]),
  ),
};
await mkdir(dirname(values.out), { recursive: true });
await writeFile(values.out, `${JSON.stringify(result, null, 2)}\n`);
console.log(JSON.stringify(result, null, 2));

function summary(list) {
  const names = [
    'forwardedTokens',
    'policyTokens',
    'rewardTokens',
    'rewardCalls',
    'candidates',
    'cacheHits',
    'ms',
  ];
  return Object.fromEntries(names.map((name) => [name, median(list.map((run) => run[name]))]));
}

function ratios(figures, base) {
  if (base === undefined) return undefined;
  const names = ['forwardedTokens', 'rewardTokens', 'rewardCalls', 'ms'];
  return Object.fromEntries(names.map((name) => [name, Number((figures[name] / base[name]).toFixed(2))]));
}
