/** Comparisons with outcomes as a test says, without a model. */
import type { Comparison } from '../../../server/eval/comparison.ts';
import type { Ended, Judged } from '../../../server/eval/outcome.ts';

type Letter = 'A' | 'B' | null;

export interface Given {
  /** What the reading in order AB says, then what the one in BA says, in the comparison's letters. */
  verdicts?: [Letter, Letter];
  confidence?: number;
  good?: 'A' | 'B';
  comparison?: Partial<Comparison>;
  notJudged?: 'doesNotFit' | 'refused';
  ms?: number;
}

export const comparisonOf = (given: Partial<Comparison> = {}): Comparison => ({
  id: 'one',
  item: 'one',
  language: 'python',
  chosen: 'right',
  rejected: 'wrong',
  ...given,
});

/** The judge's output as a reading's own order letters it. */
const output = (order: 'AB' | 'BA', verdict: Letter): string => {
  if (verdict === null) return 'no answer';
  const shown = order === 'AB' ? verdict : verdict === 'A' ? 'B' : 'A';
  return `<answer>[[${shown}]]</answer>`;
};

function judged({ verdicts = ['A', 'A'], confidence = 0.9, ms = 100 }: Given): Judged {
  const [first, second] = verdicts;
  const agree = first === second && first !== null;
  return {
    kind: 'judged',
    verdict: agree ? first : null,
    confidence: agree ? confidence : 0,
    readings: (['AB', 'BA'] as const).map((order, index) => ({
      order,
      verdict: verdicts[index]!,
      confidence: verdicts[index] === null ? 0 : confidence,
      output: output(order, verdicts[index]!),
      promptTokens: 10,
      outputTokens: 5,
    })),
    ms,
  };
}

export function ended(given: Given = {}): Ended {
  const { good = 'A', comparison, notJudged } = given;
  return {
    comparison: comparisonOf(comparison),
    good,
    outcome: notJudged === undefined ? judged(given) : { kind: notJudged, reason: 'as the test says' },
  };
}
