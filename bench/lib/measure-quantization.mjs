/** One measurement of bench/quantization.mjs: reads a request from standard input, prints figures as JSON. */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import * as ort from 'onnxruntime-node';
import { forwardFrom, reserve } from './causal.mjs';
import { runtime } from './runtime.mjs';
import { variantOf } from './variants.mjs';

const { task, variant, checkpoint: directory, cacheDir, threads } = JSON.parse(await text(process.stdin));
const { openCheckpoint, openQuantized, DecoderSession, GraphBuilder } = await runtime();

const PROMPT = 512;
const CHUNK = 256;
const DECODED = 32;

/** Memory of this process, bytes: resident in all, of that not backed by a file, and the most there ever was. */
function memory() {
  const status = readFileSync('/proc/self/status', 'utf8');
  const bytes = (field) => 1024 * Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)[1]);
  return { resident: bytes('VmRSS'), anonymous: bytes('RssAnon'), peak: bytes('VmHWM') };
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function quantize() {
  const before = memory();
  const checkpoint = await openCheckpoint(directory);
  const started = performance.now();
  const weights = await openQuantized(checkpoint, variantOf(variant), cacheDir);
  const seconds = (performance.now() - started) / 1000;
  return { seconds, weightBytes: weights.byteLength, peakBytes: memory().peak - before.resident };
}

async function run() {
  const checkpoint = await openCheckpoint(directory);
  const spec = { ...checkpoint.spec, contextLength: 1024 };
  const before = memory();
  const started = performance.now();
  const weights =
    variant === 'fp32' ? checkpoint.weights : await openQuantized(checkpoint, variantOf(variant), cacheDir);
  const verifiedMs = performance.now() - started;
  const session = await DecoderSession.create(spec, weights, { threads });
  const loadMs = performance.now() - started;
  const loaded = memory();

  const token = (index) => (index * 7919) % spec.vocabSize;
  const tokens = (start, count) => Array.from({ length: count }, (_, index) => token(start + index));
  const forward = (start, count, rows) => forwardFrom(session, start, tokens(start, count), rows);
  reserve(session, spec.contextLength);
  const prefill = [];
  for (let repeat = 0; repeat < 3; repeat++) {
    const begin = performance.now();
    for (let start = 0; start < PROMPT; start += CHUNK) await forward(start, CHUNK, [CHUNK - 1]);
    prefill.push(PROMPT / ((performance.now() - begin) / 1000));
  }
  const decode = [];
  for (let step = 0; step < DECODED; step++) {
    const begin = performance.now();
    await forward(PROMPT + step, 1, [0]);
    decode.push(performance.now() - begin);
  }
  const used = memory();
  const { layers, kvHeads, headDim } = spec;
  const heldBytes = used.resident - before.resident - session.cacheBytes;
  return {
    loadMs,
    verifiedMs,
    prefillTokensPerSecond: median(prefill),
    decodeMs: median(decode),
    // On a machine that others use, too, the best step is nearest to what the model needs.
    bestDecodeMs: Math.min(...decode),
    bestPrefillTokensPerSecond: Math.max(...prefill),
    weightBytes: variant === 'fp32' ? 4 * weights.parameters : weights.byteLength,
    bytesPerToken:
      bytesPerToken(variant, weights, spec) + 8 * layers * kvHeads * headDim * (PROMPT + DECODED / 2),
    heldBytes,
    heldAfterLoadBytes: loaded.resident - before.resident,
    heldAnonymousBytes: used.anonymous - before.anonymous - session.cacheBytes,
    peakBytes: used.peak - before.resident,
    cacheBytes: session.cacheBytes,
  };
}

/** Weights that one decoding step reads: all but the embedding, unless the head is the embedding. */
function bytesPerToken(name, weights, { vocabSize, hiddenSize, tiedHead }) {
  if (name === 'fp32') return 4 * (weights.parameters - (tiedHead ? 0 : vocabSize * hiddenSize));
  const table = weights.locate('model.embed_tokens.weight', [vocabSize, hiddenSize]);
  const unused = tiedHead ? 0 : table.codes.byteLength + table.scales.byteLength;
  return weights.byteLength - unused;
}

/** What this machine can read from memory: the sum of 1 GB of float32, by as many threads. */
async function bandwidth() {
  const rows = 256;
  const columns = 1 << 20;
  const graph = new GraphBuilder();
  graph.input('x', 1, [rows, columns]);
  graph.constant('axes', BigInt64Array.of(1n), [1]);
  graph.node('sum', 'ReduceSum', ['x', 'axes'], { attributes: { keepdims: 0 } });
  graph.output('sum', 1, [rows]);
  const session = await ort.InferenceSession.create(graph.build('sum'), { intraOpNumThreads: threads });
  const x = new ort.Tensor('float32', new Float32Array(rows * columns).fill(1), [rows, columns]);
  const times = [];
  for (let repeat = 0; repeat < 7; repeat++) {
    const begin = performance.now();
    await session.run({ x });
    times.push(performance.now() - begin);
  }
  return { readGBs: (4 * rows * columns) / 1e6 / Math.min(...times) };
}

const tasks = { quantize, run, bandwidth };
process.stdout.write(JSON.stringify(await tasks[task]()));
process.exit(0);
