/** How a comparison ended, as it is kept beside the figures: enough to compute every figure anew without the model. */
import { z } from 'zod';
import { type Judgment, Order } from '../protocol/judgment.ts';
import type { Comparison, Placed } from './comparison.ts';

/** One reading. `verdict` is in the comparison's letters, `output` in those of its own order. */
const Reading = z.object({
  order: Order,
  verdict: z.enum(['A', 'B']).nullable(),
  confidence: z.number().min(0).max(1),
  output: z.string(),
  promptTokens: z.number().int().nonnegative(),
  outputTokens: z.number().int().nonnegative(),
});
export type Reading = z.infer<typeof Reading>;

const Judged = z.object({
  kind: z.literal('judged'),
  /** Both orders' verdict; null where they do not agree. */
  verdict: z.enum(['A', 'B']).nullable(),
  /** 0 where they do not agree. */
  confidence: z.number().min(0).max(1),
  readings: z.array(Reading),
  ms: z.number().nonnegative(),
});
export type Judged = z.infer<typeof Judged>;

/** Not judged: the texts are longer than the model reads, or the judge refuses them (two texts that do not differ). */
const NotJudged = z.object({ kind: z.enum(['doesNotFit', 'refused']), reason: z.string() });

export const Outcome = z.discriminatedUnion('kind', [Judged, NotJudged]);
export type Outcome = z.infer<typeof Outcome>;

export interface Ended<Item extends Comparison = Comparison> extends Placed<Item> {
  outcome: Outcome;
}

export type EndedJudged<Item extends Comparison = Comparison> = Ended<Item> & { outcome: Judged };

export const isJudged = <Item extends Comparison>(ended: Ended<Item>): ended is EndedJudged<Item> =>
  ended.outcome.kind === 'judged';

export function judgedOutcome({ verdict, confidence, orders, timings }: Judgment): Judged {
  return {
    kind: 'judged',
    verdict: verdict === 'undecided' ? null : verdict,
    confidence,
    readings: orders.map(({ order, verdict, confidence, raw, promptTokens, outputTokens }) => ({
      order,
      verdict,
      confidence,
      output: raw,
      promptTokens,
      outputTokens,
    })),
    ms: timings.totalMs,
  };
}
