/** Results as Markdown: what a model writes stays text. */
import { describe, expect, it } from 'vitest';
import {
  answerMarkdown,
  completionMarkdown,
  deductionMarkdown,
  fenced,
  judgmentMarkdown,
  solutionMarkdown,
} from '../../../../extension/chat/words.ts';
import type { Deduction } from '../../../../server/protocol/deduction.ts';
import { judgment } from '../../protocol/judgments.ts';
import { completeResult } from '../../protocol/searches.ts';
import { COMPARED, RESULT } from '../../protocol/solutions.ts';

const NAMES = { A: 'old.ts', B: 'new.ts' };

describe('an answer', () => {
  it('keeps its code and escapes its prose', () => {
    const answer = 'See [here](command:evil) <img>\n```ts\nconst a = [1](2);\n```';
    expect(answerMarkdown(answer)).toBe(
      'See \\[here\\]\\(command:evil\\) &lt;img&gt;\n\n```ts\nconst a = [1](2);\n```',
    );
  });

  it('cannot close its own fence', () => {
    expect(fenced('```\n[x](command:y)')).toBe('````\n```\n[x](command:y)\n````');
    expect(fenced('a', 'ts](x)\n')).toBe('```tsx\na\n```');
  });
});

describe('a solution', () => {
  it('has its caution first, and the baselines where they were asked for', () => {
    const text = solutionMarkdown(COMPARED);
    expect(text.startsWith('**Caution:** The single model')).toBe(true);
    expect(text).toContain('- text: 612 tokens, 19.4 s, another answer');
    expect(text).toContain('- single: 101 tokens, 2.5 s, the same answer');
    expect(solutionMarkdown(RESULT)).not.toContain('Caution');
  });
});

describe('a judgment', () => {
  it('names the better version, or says that there is none', () => {
    expect(judgmentMarkdown(judgment('B'), NAMES)).toMatch(/^\*\*new\\.ts is better\*\* \(\d+ %/);
    expect(judgmentMarkdown(judgment(null), NAMES)).toMatch(/^\*\*Undecided\*\*/);
  });
});

describe('a deduction', () => {
  const deduction: Deduction = {
    status: 'entailed',
    answer: '15',
    reason: 'Both prices are known.',
    goal: 'x',
    premises: [],
    derivation: [
      { label: 'S1', formal: 'x = 15', from: ['1'], isChecked: true },
      { label: 'S2', formal: 'x = 16', from: ['1'], isChecked: false },
    ],
    premisesUsed: [1],
    counterModels: [],
    missing: null,
    smtLib: '',
    model: null,
    proposed: '16',
    ms: { formalize: 0, deduce: 0, solve: 0 },
  };

  it('shows checked steps alone, and never what was only proposed', () => {
    const text = deductionMarkdown(deduction);
    expect(text).toContain('**Proved: 15**');
    expect(text).toContain('S1: x = 15');
    expect(text).not.toContain('16');
  });

  it('that abstains says what is missing', () => {
    const counterModels = [{ values: [{ name: 'x', value: '1' }], answer: 'yes' }];
    const text = deductionMarkdown({
      ...deduction,
      status: 'abstained',
      answer: null,
      missing: 'x > 2',
      counterModels,
    });
    expect(text).toContain('**Abstained**');
    expect(text).toContain('This would settle it: x &gt; 2');
    expect(text).toContain('x = 1: the answer would be yes');
  });
});

describe('a completion', () => {
  it('is code, or a refusal with its reason', () => {
    const found = { text: 'return 1;', isFinished: true, node: 1 };
    expect(completionMarkdown(completeResult({ completions: [found] }), 'c')).toBe('```c\nreturn 1;\n```');
    expect(completionMarkdown(completeResult({ refusal: 'Not safe.' }), 'c')).toBe(
      '**Refused:** Not safe\\.',
    );
  });
});
