/** How sure a model was, read from the probabilities of the tokens it wrote. */
import type { Step } from '../runtime/language-model.ts';

/**
 * P(verdict) / (P(A) + P(B)) at the letter of the last `[[A]]` or `[[B]]`. The letter may stand alone in its token
 * (`A`), or with its brackets (`[[A`, `[[A]]`): the rival is the same token text with the other letter.
 */
export function markerConfidence(verdict: 'A' | 'B', steps: Step[]): number | undefined {
  const text = steps.map((step) => step.text).join('');
  const marker = text.lastIndexOf(`[[${verdict}]]`);
  if (marker < 0) return undefined;
  const rival = verdict === 'A' ? 'B' : 'A';
  return confidenceAt(steps, marker + 2, marker, `[[${verdict}]]`, `[[${rival}]]`);
}

/**
 * P(expected) / (P(expected) + P(rival)) of the token that covers character `offset` of the output, where the output
 * from character `base` on reads `expected` and might have read `rival`. An alternative counts for a side if it goes
 * on with that side's text and holds more of it than both share.
 */
export function confidenceAt(
  steps: Step[],
  offset: number,
  base: number,
  expected: string,
  rival: string,
): number | undefined {
  let start = 0;
  const step = steps.find(({ text }) => (start += text.length) > offset);
  if (step === undefined) return undefined;
  start -= step.text.length;
  // The token may begin before the quoted text: what stands there belongs to both sides.
  const lead = step.text.slice(0, Math.max(0, base - start));
  const rest = Math.max(0, start - base);
  const [ours, theirs] = [expected, rival].map((side) => lead + side.slice(rest)) as [string, string];
  const shared = commonLength(ours, theirs);
  let [forUs, forThem] = [Math.exp(step.logprob), 0];
  for (const { token, text, logprob } of step.top) {
    if (text.length <= shared || token === step.token) continue;
    if (continues(text, theirs)) forThem += Math.exp(logprob);
    else if (continues(text, ours)) forUs += Math.exp(logprob);
  }
  return forUs / (forUs + forThem);
}

/** A token goes on with a text if one begins with the other. */
const continues = (token: string, text: string): boolean => text.startsWith(token) || token.startsWith(text);

export function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
