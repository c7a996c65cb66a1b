/** From logits to the next token: Hugging Face's processors, each a function over one row of logits, in place. */
import type { Sampling } from './language-model.ts';

/** A processor changes a row of logits; −∞ removes a token. */
type LogitsProcessor = (logits: Float32Array) => void;

/** Divides positive logits of tokens already seen by the penalty and multiplies negative ones (CTRL). */
export const repetitionPenalty =
  (penalty: number, seen: Iterable<number>): LogitsProcessor =>
  (logits) => {
    for (const token of new Set(seen)) {
      const value = logits[token]!;
      logits[token] = value > 0 ? value / penalty : value * penalty;
    }
  };

export const temperature =
  (value: number): LogitsProcessor =>
  (logits) => {
    for (let i = 0; i < logits.length; i++) logits[i]! /= value;
  };

/** Keeps the k largest; ties with the k-th stay. */
export const topK =
  (k: number): LogitsProcessor =>
  (logits) => {
    if (k >= logits.length) return;
    const threshold = logits.toSorted()[logits.length - k]!;
    dropBelow(logits, threshold);
  };

/** Keeps the smallest set of likeliest tokens whose mass reaches p, the likeliest always. */
export const topP =
  (p: number): LogitsProcessor =>
  (logits) => {
    const probabilities = softmax(logits);
    const order = descending(probabilities);
    let mass = 0;
    for (const token of order) {
      if (mass > 0 && mass >= p) logits[token] = -Infinity;
      mass += probabilities[token]!;
    }
  };

/** Keeps tokens at least minP times as likely as the likeliest. */
export const minP =
  (share: number): LogitsProcessor =>
  (logits) =>
    dropBelow(logits, maximum(logits) + Math.log(share));

function dropBelow(logits: Float32Array, threshold: number): void {
  for (let i = 0; i < logits.length; i++) if (logits[i]! < threshold) logits[i] = -Infinity;
}

/** The processors a sampling asks for; those at their neutral value are left out. */
export function processors(sampling: Sampling, seen: Iterable<number>): LogitsProcessor[] {
  const list: LogitsProcessor[] = [];
  if (sampling.repetitionPenalty !== 1) list.push(repetitionPenalty(sampling.repetitionPenalty, seen));
  if (sampling.temperature === 0) return list;
  if (sampling.temperature !== 1) list.push(temperature(sampling.temperature));
  if (sampling.topK > 0) list.push(topK(sampling.topK));
  if (sampling.topP < 1) list.push(topP(sampling.topP));
  if (sampling.minP > 0) list.push(minP(sampling.minP));
  return list;
}

/** The next token: the likeliest at temperature 0, else drawn with `random` in [0, 1). The row is left as it is. */
export function sampleToken(
  logits: Float32Array,
  sampling: Sampling,
  seen: Iterable<number>,
  random: () => number,
): number {
  const list = processors(sampling, seen);
  // A row may have 150,000 entries: it is copied for those alone who change it.
  const row = list.length === 0 ? logits : logits.slice();
  for (const process of list) process(row);
  return sampling.temperature === 0 ? argmax(row) : draw(softmax(row), random());
}

function draw(probabilities: Float32Array, at: number): number {
  let mass = 0;
  let last = 0;
  for (let token = 0; token < probabilities.length; token++) {
    if (probabilities[token] === 0) continue;
    mass += probabilities[token]!;
    last = token;
    if (at < mass) return token;
  }
  // Rounding left the sum just below the draw: the last possible token it is.
  return last;
}

/** The first index of the largest value, as torch.argmax answers. */
export function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

function maximum(values: Float32Array): number {
  return values[argmax(values)]!;
}

/** Indices of the larger values first; equal ones in index order. */
function descending(values: Float32Array): Uint32Array {
  return Uint32Array.from(values.keys()).sort((a, b) => values[b]! - values[a]! || a - b);
}

export function softmax(logits: Float32Array): Float32Array {
  const max = maximum(logits);
  const exponentials = logits.map((value) => Math.exp(value - max));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

/** log Σ exp(logits): a token's log probability is its logit minus this. */
export function logSumExp(logits: Float32Array): number {
  const max = maximum(logits);
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - max);
  return max + Math.log(sum);
}

/** The k largest, best first: one pass with a short sorted list, as k is small against the vocabulary. */
export function largest(values: Float32Array, k: number): number[] {
  const best: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (best.length === k && values[i]! <= values[best[k - 1]!]!) continue;
    let place = best.length;
    while (place > 0 && values[best[place - 1]!]! < values[i]!) place--;
    best.splice(place, 0, i);
    if (best.length > k) best.pop();
  }
  return best;
}

/** Mulberry32: a small seeded generator; the same seed gives the same draws on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
