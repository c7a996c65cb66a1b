/** Top-p pruning (Holtzman et al., arXiv 1904.09751): the likeliest tokens that together have the mass p. */
import { softmax } from '../../runtime/sampling.ts';

export interface LikelyToken {
  token: number;
  probability: number;
}

/** Each round takes tokens this much less likely into account. */
const ROUND = 1 / 16;

/**
 * The likeliest tokens first, equal ones by id: a token is kept while the mass before it is below p.
 * `forbidden` ones have no probability.
 */
export function nucleus(
  logits: Float32Array,
  p: number,
  forbidden: ReadonlySet<number> = new Set(),
): LikelyToken[] {
  const allowed = forbidden.size === 0 ? logits : logits.slice();
  for (const token of forbidden) allowed[token] = -Infinity;
  const probabilities = softmax(allowed);
  // Sorting a few likely tokens is faster than sorting the vocabulary, and those above a bound come first anyway.
  for (let bound = ROUND; ; bound = bound < 1e-9 ? 0 : bound * ROUND) {
    const kept = leading(probabilities, p, bound);
    if (kept !== undefined) return kept;
  }
}

/** The nucleus, if tokens of at least this probability suffice for it. */
function leading(probabilities: Float32Array, p: number, bound: number): LikelyToken[] | undefined {
  const likely: LikelyToken[] = [];
  for (let token = 0; token < probabilities.length; token++) {
    const probability = probabilities[token]!;
    if (probability >= bound && probability > 0) likely.push({ token, probability });
  }
  likely.sort((a, b) => b.probability - a.probability || a.token - b.token);
  let mass = 0;
  for (const [count, { probability }] of likely.entries()) {
    if (mass >= p) return likely.slice(0, count);
    mass += probability;
  }
  return bound === 0 || mass >= p ? likely : undefined;
}
