/**
 * What quantization costs in quality: perplexity, divergence, agreement of the likeliest token and relative error of
 * the logits, all against float32 on the same tokens.
 *
 *   npm run bench -- quality CHECKPOINT [--text FILE | --sample] [--tokens 4096] [--window 256] [--threads 1]
 *        [--variants fp32,int8,int4] [--out FILE]
 *
 * --text reads a file; of JSON lines, the strings of all fields named text, good or bad. --sample lets the float32
 * model itself write the text, so that random checkpoints, too, have text they expect.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { runtime } from './lib/runtime.mjs';
import { forwardFrom, reserve } from './lib/sequence.mjs';
import { variantOf } from './lib/variants.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    text: { type: 'string' },
    sample: { type: 'boolean', default: false },
    tokens: { type: 'string', default: '4096' },
    window: { type: 'string', default: '256' },
    threads: { type: 'string', default: '1' },
    variants: { type: 'string', default: 'fp32,int8,int4' },
    out: { type: 'string', default: join(import.meta.dirname, 'results/quantization-quality.json') },
  },
});
const [directory] = positionals;
if (directory === undefined || (values.text === undefined) !== values.sample)
  throw new Error('Give a checkpoint and either --text FILE or --sample.');

const { openCheckpoint, openQuantized, DecoderSession, sampleToken, seededRandom } = await runtime();

const checkpoint = await openCheckpoint(directory);
const window = Number(values.window);
const options = { threads: Number(values.threads) };
const spec = { ...checkpoint.spec, contextLength: window };
const temporary = await mkdtemp(join(tmpdir(), 'verity-quality-'));
try {
  const reference = await DecoderSession.create(spec, checkpoint.weights, options);
  reserve(reference, window);
  const windows = await (values.sample ? sampled(reference) : read(values.text));
  const expected = [];
  for (const tokens of windows) expected.push(await logitsOf(reference, tokens));
  await reference.dispose();

  const variants = {};
  for (const name of values.variants.split(',')) {
    const weights =
      name === 'fp32' ? checkpoint.weights : await openQuantized(checkpoint, variantOf(name), temporary);
    const session = await DecoderSession.create(spec, weights, options);
    reserve(session, window);
    variants[name] = await compare(session, windows, expected);
    await session.dispose();
    process.stderr.write(`${name}: ${JSON.stringify(variants[name])}\n`);
  }
  const tokens = windows.reduce((sum, one) => sum + one.length, 0);
  const result = {
    checkpoint: directory,
    text: values.text ?? 'sampled from float32',
    tokens,
    window,
    variants,
  };
  await mkdir(dirname(values.out), { recursive: true });
  await writeFile(values.out, `${JSON.stringify(result, null, 2)}\n`);
  console.log(JSON.stringify(result, null, 2));
} finally {
  await rm(temporary, { recursive: true });
}

/** Windows of a text's tokens. */
async function read(file) {
  const content = await readFile(file, 'utf8');
  const text = file.endsWith('.jsonl') ? content.trim().split('\n').map(strings).join('\n') : content;
  const tokens = checkpoint.tokenizer
    .encode({ kind: 'parts', parts: [{ text }] })
    .slice(0, Number(values.tokens));
  const count = Math.floor(tokens.length / window);
  return Array.from({ length: count }, (_, index) => tokens.slice(index * window, (index + 1) * window));
}

function strings(line) {
  const fields = Object.entries(JSON.parse(line)).filter(([key]) => ['text', 'good', 'bad'].includes(key));
  return fields.map(([, value]) => value).join('\n');
}

/** Windows that the model writes at temperature 1, each from another first token. */
async function sampled(session) {
  const random = seededRandom(1);
  const sampling = { temperature: 1, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: 1 };
  const windows = [];
  for (let index = 0; index < Number(values.tokens) / window; index++) {
    const tokens = [(index * 7919) % spec.vocabSize];
    while (tokens.length < window) {
      const past = tokens.length - 1;
      const { logits } = await forwardFrom(session, past, [tokens[past]], [0]);
      tokens.push(sampleToken(logits, sampling, tokens, random));
    }
    windows.push(tokens);
  }
  return windows;
}

/** Logits of every position. */
async function logitsOf(session, tokens) {
  return (await forwardFrom(session, 0, tokens, [...tokens.keys()])).logits;
}

/** Natural logarithm of the softmax of one row. */
function logProbabilities(logits) {
  const top = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = logits.reduce((sum, value) => sum + Math.exp(value - top), 0);
  return logits.map((value) => value - top - Math.log(total));
}

async function compare(session, windows, expected) {
  const { vocabSize } = spec;
  let [predicted, loss, divergence, agreed, squares, referenceSquares, worst, scale] = Array(8).fill(0);
  for (const [index, tokens] of windows.entries()) {
    const actual = await logitsOf(session, tokens);
    for (let position = 0; position < tokens.length; position++) {
      const row = (all) => all.subarray(position * vocabSize, (position + 1) * vocabSize);
      const [mine, theirs] = [row(actual), row(expected[index])];
      for (let id = 0; id < vocabSize; id++) {
        const error = mine[id] - theirs[id];
        squares += error * error;
        referenceSquares += theirs[id] * theirs[id];
        worst = Math.max(worst, Math.abs(error));
        scale = Math.max(scale, Math.abs(theirs[id]));
      }
      if (mine.indexOf(Math.max(...mine)) === theirs.indexOf(Math.max(...theirs))) agreed++;
      const [p, q] = [logProbabilities(theirs), logProbabilities(mine)];
      for (let id = 0; id < vocabSize; id++) divergence += Math.exp(p[id]) * (p[id] - q[id]);
      if (position + 1 === tokens.length) continue;
      loss -= q[tokens[position + 1]];
      predicted++;
    }
  }
  const positions = windows.reduce((sum, tokens) => sum + tokens.length, 0);
  return {
    perplexity: Math.exp(loss / predicted),
    klDivergence: divergence / positions,
    topAgreement: agreed / positions,
    relativeErrorRms: Math.sqrt(squares / referenceSquares),
    relativeErrorMax: worst / scale,
  };
}
