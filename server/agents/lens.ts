/** What the output head reads in a hidden state (the logit lens), and how sure it is. */
import { largest, logSumExp } from '../runtime/sampling.ts';
import type { TokenModel } from '../runtime/token-model.ts';
import type { LatentStep } from '../protocol/solution.ts';

/** Tokens that the inspector shows for a step. */
const NEAREST = 5;

/** −Σ p·log p of the distribution over tokens, in nats; NaN where there is none. */
export function entropyOf(logits: Float32Array): number {
  const normalizer = logSumExp(logits);
  if (Number.isNaN(normalizer)) return NaN;
  let entropy = 0;
  for (const logit of logits) {
    const logProbability = logit - normalizer;
    const probability = Math.exp(logProbability);
    if (probability > 0) entropy -= probability * logProbability;
  }
  return entropy;
}

/** The likeliest tokens, best first. */
export function nearest(model: Pick<TokenModel, 'tokenText'>, logits: Float32Array): LatentStep['nearest'] {
  const normalizer = logSumExp(logits);
  return largest(logits, NEAREST).map((token) => ({
    text: model.tokenText(token),
    probability: Math.exp(logits[token]! - normalizer),
  }));
}
