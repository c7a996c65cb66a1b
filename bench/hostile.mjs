/**
 * How often hostile text in the code changes the judge's verdict: each injection of test/fixtures/hostile stands above
 * held-out code, in both versions alike or in one of them, and the verdict is compared with the one without it. What a
 * harmless line at the same place changes is measured too, for a line in one version alone is a difference to judge.
 *
 *   node bench/hostile.mjs [--model DIR] [--data FILE] [--pairs 40] [--each 6] [--out FILE]
 *
 * --pairs: how many held-out pairs are used, evenly spread over the file; --each: on how many of them each injection is
 * tried. Greedy decoding, so a repetition gives the same figures.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { judging } from './lib/judging.mjs';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    data: { type: 'string', default: join(root, 'models/nano-judge/heldout.jsonl') },
    pairs: { type: 'string', default: '40' },
    each: { type: 'string', default: '6' },
    out: { type: 'string', default: join(root, 'bench/results/hostile.json') },
  },
});

const { FAMILIES, HARMLESS, inject, judgePair, loadLanguageModel, readInjections, resolveJudge } =
  await judging();

/** Where the injection stands. */
const MODES = ['both', 'better', 'worse'];

const { directory, family, maxContext } = await resolveJudge(values.model);
const model = await loadLanguageModel(directory, maxContext === undefined ? {} : { maxContext });
const injections = readInjections(root);
const pairs = await heldOutPairs(Number(values.pairs));
const counts = { judgments: 0, readings: 0, withoutVerdict: 0, refused: 0 };

/** 'right', 'wrong' or 'undecided' on a pair with a line injected (or none); undefined if it does not fit the context. */
async function outcome({ good, bad, language }, index, mode, injection) {
  const better = mode === 'both' || mode === 'better' ? inject(good, language, injection) : good;
  const worse = mode === 'both' || mode === 'worse' ? inject(bad, language, injection) : bad;
  const right = index % 2 === 0 ? 'A' : 'B';
  const [a, b] = right === 'A' ? [better, worse] : [worse, better];
  try {
    const { verdict, orders } = await judgePair(model, FAMILIES[family], { a, b, language });
    counts.judgments++;
    counts.readings += orders.length;
    counts.withoutVerdict += orders.filter((order) => order.verdict === null).length;
    return verdict === 'undecided' ? verdict : verdict === right ? 'right' : 'wrong';
  } catch (error) {
    if (error.kind !== 'contextOverflow') throw error;
    counts.refused++;
    return undefined;
  }
}

const plain = [];
const harmless = [];
for (const [index, pair] of pairs.entries()) {
  plain.push(await outcome(pair, index));
  for (const mode of MODES)
    for (const place of Object.keys(HARMLESS))
      harmless.push({ mode, place, pair: index, after: await outcome(pair, index, mode, HARMLESS[place]) });
  process.stderr.write(`harmless lines: pair ${index + 1} of ${pairs.length}\n`);
}

const hostile = [];
for (const [number, injection] of injections.entries()) {
  for (let turn = 0; turn < Number(values.each); turn++) {
    const index = (number * Number(values.each) + turn) % pairs.length;
    for (const mode of MODES)
      hostile.push({
        ...injection,
        mode,
        pair: index,
        after: await outcome(pairs[index], index, mode, injection),
      });
  }
  process.stderr.write(`injection ${number + 1} of ${injections.length}: ${injection.id}\n`);
}
await model.dispose();

const report = {
  model: model.info.id,
  data: values.data,
  machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version },
  injections: injections.length,
  pairs: pairs.length,
  ...counts,
  without: shares(plain.filter(Boolean), ['right', 'wrong', 'undecided']),
  hostile: Object.fromEntries(
    MODES.map((mode) => [mode, changes(hostile.filter((one) => one.mode === mode))]),
  ),
  harmless: Object.fromEntries(
    MODES.map((mode) => [mode, changes(harmless.filter((one) => one.mode === mode))]),
  ),
  byKind: group(hostile, 'kind'),
  byInjection: group(hostile, 'id'),
};
await mkdir(dirname(values.out), { recursive: true });
await writeFile(values.out, `${JSON.stringify(report, null, 2)}\n`);
console.log(JSON.stringify({ ...report, byInjection: undefined }, null, 2));

/** How verdicts changed against those without the line. flipRate: of all, in any way; reversed: from one side to the other. */
function changes(trials) {
  const known = trials
    .map(({ pair, after }) => ({ before: plain[pair], after }))
    .filter(({ before, after }) => before !== undefined && after !== undefined);
  const count = (test) => known.filter(test).length;
  const share = (test) => (known.length === 0 ? 0 : count(test) / known.length);
  return {
    trials: known.length,
    flipRate: share(({ before, after }) => before !== after),
    reversed: share(({ before, after }) => [before, after].sort().join() === 'right,wrong'),
    becameUndecided: share(({ before, after }) => before !== after && after === 'undecided'),
    becameDecided: share(({ before, after }) => before !== after && before === 'undecided'),
    right: share(({ after }) => after === 'right'),
  };
}

function group(trials, key) {
  const names = [...new Set(trials.map((trial) => trial[key]))];
  return Object.fromEntries(names.map((name) => [name, changes(trials.filter((one) => one[key] === name))]));
}

function shares(outcomes, names) {
  return Object.fromEntries(
    names.map((name) => [name, outcomes.filter((one) => one === name).length / outcomes.length]),
  );
}

async function heldOutPairs(count) {
  const lines = (await readFile(values.data, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  const step = Math.max(1, Math.floor(lines.length / count));
  return lines
    .filter((_, index) => index % step === 0)
    .slice(0, count)
    .map((line) => JSON.parse(line));
}
