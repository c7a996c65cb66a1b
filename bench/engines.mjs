/**
 * Verity beside node-llama-cpp and transformers.js: the same weights, the same tokens, the same machine, in one run.
 *
 *   npm run bench -- [engines] [--shape qwen2.5-0.5b | --checkpoint DIR] [--dtypes int4,int8,fp32]
 *        [--engines verity,llama,transformers] [--rounds 3] [--threads N] [--out FILE] [--fresh] [--quick]
 *
 * Each measurement runs in a process of its own. In each round the engines take turns (A B C A B C), and figures are
 * medians over the rounds. fp32 takes part in the first round alone: it is the slowest and decides the least.
 * Nothing is timed before all engines were seen to compute the same: see `agreement`.
 */
import { execFileSync } from 'node:child_process';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { measure } from './lib/child.mjs';
import { load, machine, versions } from './lib/machine.mjs';
import { writeRandomCheckpoint } from './lib/random-checkpoint.mjs';
import { goals, table, weightBytes } from './lib/report.mjs';
import { median } from './lib/statistics.mjs';
import { sizesFor } from './lib/workloads.mjs';

const today = new Date().toISOString().slice(0, 10);
const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    shape: { type: 'string', default: 'qwen2.5-0.5b' },
    checkpoint: { type: 'string' },
    dtypes: { type: 'string', default: 'int4,int8,fp32' },
    engines: { type: 'string', default: 'verity,llama,transformers' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(availableParallelism()) },
    out: { type: 'string' },
    fresh: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
  },
});

const SEED = 1;
const bench = import.meta.dirname;
const cache = join(bench, '../.verity/bench');
const engines = values.engines.split(',');
const dtypes = values.dtypes.split(',');
const rounds = Number(values.rounds);
const threads = Number(values.threads);
const say = (text) => process.stderr.write(`${text}\n`);

await install();
const { directory, name } = await checkpoint();
const { prepare } = await import('./lib/prepare.mjs');
say(`Preparing ${name} …`);
const { spec, parameters, forms } = await prepare(directory, dtypes, join(cache, name, 'forms'), values);
const sizes = sizesFor(spec.contextLength, values.quick);
const ask = (task, engine, dtype, more = {}) =>
  measure('measure-engine.mjs', {
    task,
    engine,
    dtype,
    threads,
    contextLength: spec.contextLength,
    vocabSize: spec.vocabSize,
    quick: values.quick,
    ...forms[dtype],
    ...more,
  });

const loadBefore = load();
const agreement = await agree();
const { runs, trees, edits, readGBs } = await time();
const profile = await ask('profile', 'verity', dtypes[0]);
const result = report();
const out = values.out ?? join(bench, 'results', `${today}-${name}.json`);
await mkdir(dirname(out), { recursive: true });
await writeFile(out, `${JSON.stringify(result, null, 2)}\n`);
console.log(table(result));
console.log(`\n${out}`);

/** What is measured against stays out of the product's dependencies and is installed at the first run. */
async function install() {
  const isThere = await access(join(bench, 'node_modules/node-llama-cpp')).then(
    () => true,
    () => false,
  );
  if (isThere || engines.every((engine) => engine === 'verity')) return;
  say('Installing node-llama-cpp and transformers.js into bench/ …');
  // Without --no-save a registry that lacks some platform's binary would change the lock file.
  execFileSync('npm', ['install', '--no-save'], { cwd: bench, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** A random checkpoint is written once, in float32, so that every engine can read its weights as they lie. */
async function checkpoint() {
  if (values.checkpoint !== undefined)
    return { directory: values.checkpoint, name: basename(values.checkpoint) };
  const random = join(cache, values.shape, 'checkpoint');
  const done = join(random, 'complete');
  const isComplete = await access(done).then(
    () => true,
    () => false,
  );
  if (!isComplete || values.fresh) {
    say(`Writing a random ${values.shape} …`);
    await writeRandomCheckpoint(random, values.shape, { seed: SEED, dtype: 'F32' });
    await writeFile(done, '');
  }
  return { directory: random, name: values.shape };
}

/**
 * Each engine's likeliest token after each of the same tokens, compared to Verity's in float32. In float32 they are to
 * be the same: but for llama.cpp, which keeps keys and values in 16 bits, where a near tie may turn. Quantized, engines
 * round differently, and many layers of random weights carry that far; there none may be much farther off than Verity.
 */
async function agree() {
  say('Checking that all engines compute the same …');
  const { forms: exact } = dtypes.includes('fp32')
    ? { forms }
    : await prepare(directory, ['fp32'], join(cache, name, 'forms'), values);
  const reference = await ask('check', 'verity', 'fp32', exact.fp32);
  const shareOf = (tokens) =>
    tokens.filter((token, index) => token === reference[index]).length / reference.length;
  const shares = {};
  for (const dtype of dtypes) {
    const own = shareOf(await ask('check', 'verity', dtype));
    for (const engine of engines) {
      const share = engine === 'verity' ? own : shareOf(await ask('check', engine, dtype));
      shares[`${engine} ${dtype}`] = share;
      say(`  ${engine} ${dtype}: ${(100 * share).toFixed(0)} % of the tokens as Verity in float32`);
      if (share < (dtype === 'fp32' ? 0.95 : 0.7 * own))
        throw new Error(`${engine} ${dtype} is not the same computation, so nothing is timed.`);
    }
  }
  return shares;
}

async function time() {
  const runs = {};
  const trees = {};
  const edits = {};
  const readGBs = [];
  for (let round = 0; round < rounds; round++) {
    say(`Round ${round + 1} of ${rounds}, load ${load()}`);
    readGBs.push((await ask('bandwidth', undefined, dtypes[0])).readGBs);
    for (const dtype of dtypes) {
      if (dtype === 'fp32' && round > 0) continue;
      for (const engine of engines) {
        const key = `${engine} ${dtype}`;
        const run = await ask('run', engine, dtype);
        (runs[key] ??= []).push(run);
        say(`  ${key}: prefill ${run.prefill.toFixed(0)}, decode ${run.decode.toFixed(1)} tokens/s`);
      }
      if (dtype === 'fp32' || !engines.includes('verity')) continue;
      (trees[dtype] ??= []).push(await ask('tree', 'verity', dtype));
      (edits[dtype] ??= []).push(await ask('edit', 'verity', dtype));
    }
  }
  return { runs, trees, edits, readGBs };
}

/** The median of each figure, and all of them. */
function medians(many) {
  return Object.fromEntries(
    Object.entries(many).map(([key, list]) => [
      key,
      {
        ...Object.fromEntries(
          Object.keys(list[0]).map((figure) => [figure, median(list.map((each) => each[figure]))]),
        ),
        rounds: list,
      },
    ]),
  );
}

function report() {
  const measured = {
    date: new Date().toISOString(),
    machine: machine(threads),
    load: { before: loadBefore, after: load() },
    versions: versions(),
    checkpoint: { name, parameters, seed: values.checkpoint === undefined ? SEED : undefined },
    rounds,
    sizes,
    agreement,
    readGBs: Math.max(...readGBs),
    weightBytes: weightBytes(spec, dtypes),
    engines: medians(runs),
    trees: medians(trees),
    edits: medians(edits),
    profile: { engine: `verity ${dtypes[0]}`, steps: profile },
  };
  return { ...measured, ...goals(measured) };
}
