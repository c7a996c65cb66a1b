/** One measurement of bench/quantization.mjs: reads a request from standard input, prints figures as JSON. */
import { performance } from 'node:perf_hooks';
import { readBandwidth } from './bandwidth.mjs';
import { answer } from './child.mjs';
import { memory } from './memory.mjs';
import { runtime } from './runtime.mjs';
import { forwardFrom, reserve } from './sequence.mjs';
import { median } from './statistics.mjs';
import { variantOf } from './variants.mjs';
import { weightBytesPerToken } from './weight-bytes.mjs';

const { openCheckpoint, openQuantized, DecoderSession } = await runtime();

const PROMPT = 512;
const CHUNK = 256;
const DECODED = 32;

async function quantize({ variant, checkpoint: directory, cacheDir }) {
  const before = memory();
  const checkpoint = await openCheckpoint(directory);
  const started = performance.now();
  const weights = await openQuantized(checkpoint, variantOf(variant), cacheDir);
  const seconds = (performance.now() - started) / 1000;
  return { seconds, weightBytes: weights.byteLength, peakBytes: memory().peak - before.resident };
}

async function run({ variant, checkpoint: directory, cacheDir, threads }) {
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
      weightBytesPerToken(variant, weights, spec) + 8 * layers * kvHeads * headDim * (PROMPT + DECODED / 2),
    heldBytes,
    heldAfterLoadBytes: loaded.resident - before.resident,
    heldAnonymousBytes: used.anonymous - before.anonymous - session.cacheBytes,
    peakBytes: used.peak - before.resident,
    cacheBytes: session.cacheBytes,
  };
}

await answer({ quantize, run, bandwidth: readBandwidth });
