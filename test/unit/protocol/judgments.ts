/** Judgments for tests of the protocol, the extension and the panel. */
import type { Judgment, OrderJudgment } from '../../../server/protocol/judgment.ts';

const EVALUATION = `<quote_A>return total / count;</quote_A>
<quote_B>return total / (count - 1);</quote_B>
B is wrong: off by one. A mean divides by the number of values.`;

export const reading = (
  order: OrderJudgment['order'],
  verdict: OrderJudgment['verdict'],
  more: Partial<OrderJudgment> = {},
): OrderJudgment => ({
  order,
  verdict,
  confidence: verdict === null ? 0 : 0.9,
  reasoning: {
    type: 'Reasoning',
    solution: 'return total / count;',
    rubric: null,
    evaluation: EVALUATION,
    thinking: null,
  },
  raw: `<type>Reasoning</type>\n<eval>\n${EVALUATION}\n</eval>\n<answer>[[${verdict ?? '?'}]]</answer>`,
  promptTokens: 120,
  outputTokens: 80,
  ...more,
});

export function judgment(
  first: OrderJudgment['verdict'],
  second: OrderJudgment['verdict'] = first,
  more: Partial<OrderJudgment> = {},
): Judgment {
  const agreement = first !== null && first === second;
  const orders = [reading('AB', first, more), reading('BA', second, more)];
  return {
    verdict: agreement ? first : 'undecided',
    confidence: agreement ? orders[0]!.confidence : 0,
    agreement,
    orders,
    reasoning: 'A: return total / count;\nB: return total / (count - 1);\nB is wrong: off by one.',
    model: 'nano-judge',
    timings: { firstTokenMs: 60, totalMs: 1840, tokensPerSecond: 87 },
  };
}
