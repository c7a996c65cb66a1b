/** The states that the verdict panel can be in, each as its host would send it. */
import type { Judgment, OrderJudgment, Standing } from '../../server/protocol/judgment.ts';
import type { PanelEntry, PanelState } from '../../server/protocol/panel.ts';
import { judgment, reading } from '../unit/protocol/judgments.ts';

export function entry(title: string, more: Partial<PanelEntry> = {}): PanelEntry {
  return {
    title,
    names: { A: 'HEAD', B: 'working tree' },
    comparison: 'change',
    canOpen: true,
    written: { AB: '', BA: '' },
    ...more,
  };
}

const evaluation = (a: string, b: string, text: string): Partial<OrderJudgment> => ({
  reasoning: {
    ...reading('AB', 'A').reasoning,
    solution: b,
    evaluation: `<quote_A>${a}</quote_A>\n<quote_B>${b}</quote_B>\n${text}`,
  },
});

const BETTER = judgment(
  'B',
  'B',
  evaluation(
    'const total = await fetch(url);',
    'const total = await (await fetch(url)).json();',
    'A is wrong: missing await. `fetch` resolves to a response, so `total` is never a number.',
  ),
);

const CHAT: Judgment = judgment('A', 'A', {
  confidence: 0.72,
  reasoning: {
    type: 'Chat',
    solution: null,
    rubric:
      'Correctness (50 %): does it do what is asked?\nClarity (30 %): can it be read at once?\nSafety (20 %): does it fail loudly?\n<justify>The code stands in a library that others call.</justify>',
    evaluation:
      '<summary_A>Checks its input and names the error.</summary_A> <quote_A>if (!Number.isFinite(limit)) throw new RangeError("limit");\nreturn items.slice(0, limit);</quote_A>\n<quote_B>return items.slice(0, limit);</quote_B>\n<summary_B>Trusts every caller.</summary_B> By the weights above A is ahead in two of three.',
    thinking: 'Let me look at both.\nThe second has no check at all, which callers would notice late.',
  },
});

const CALIBRATED: Judgment = {
  ...judgment('A'),
  rawConfidence: 0.97,
  calibration: {
    temperature: 1.6,
    judgments: 310,
    data: 'heldout.jsonl, pairs 401 to 1000',
    bins: [
      { from: 0.55, to: 0.6, confidence: 0.551, right: 0.6, count: 20 },
      { from: 0.7, to: 0.75, confidence: 0.74, right: 0.7125, count: 80 },
      { from: 0.9, to: 0.95, confidence: 0.93, right: 0.938, count: 210 },
    ],
  },
};

const standing = (
  index: number,
  candidate: string,
  strength: number,
  interval: [number, number],
  record: Partial<Standing>,
): Standing => ({ index, candidate, strength, interval, wins: 0, losses: 0, undecided: 0, ...record });

const STREAMED =
  '<type>Reasoning</type>\n<solution>\nreturn total / count;\n</solution>\n<eval>\n<quote_A>return total / count;</quote_A>\n<quote_B>return total / (cou';

export const STATES = {
  idle: { phase: 'idle', entries: [] },
  starting: { phase: 'running', entries: [] },
  streaming: {
    phase: 'running',
    entries: [
      entry('src/orders/total.ts:42', { judgment: BETTER }),
      entry('src/statistics.ts:14', { written: { AB: `${STREAMED}nt`, BA: STREAMED } }),
      entry('src/statistics.ts:88'),
    ],
  },
  decided: {
    phase: 'ended',
    entries: [
      entry('src/statistics.ts:14', { judgment: judgment('A') }),
      entry('src/orders/total.ts:42', { judgment: BETTER }),
      entry('src/session/with/a/rather/long/path/to/show/where/it/breaks.ts:120', {
        judgment: judgment('A', 'B'),
      }),
      entry('src/session.ts:200', { judgment: judgment(null, 'B') }),
    ],
  },
  alternatives: {
    phase: 'ended',
    entries: [
      entry('limit-a.ts ↔ limit-b.ts', {
        names: { A: 'limit-a.ts', B: 'limit-b.ts' },
        comparison: 'alternatives',
        canOpen: false,
        judgment: CHAT,
      }),
    ],
  },
  ranked: {
    phase: 'ended',
    ranking: [
      standing(1, 'src/limits.ts:20–34', 1.1, [0.1, 2.1], { wins: 2 }),
      standing(0, 'src/limits.ts:4–18', -0.2, [-1.3, 0.9], { losses: 1, undecided: 1 }),
      standing(2, 'clipboard', -0.9, [-2.2, 0.4], { losses: 1, undecided: 1 }),
    ],
    entries: [
      entry('src/limits.ts:4–18 ↔ src/limits.ts:20–34', {
        names: { A: 'src/limits.ts:4–18', B: 'src/limits.ts:20–34' },
        comparison: 'alternatives',
        canOpen: false,
        judgment: judgment('B'),
      }),
    ],
  },
  calibrated: { phase: 'ended', entries: [entry('src/statistics.ts:14', { judgment: CALIBRATED })] },
  votes: {
    phase: 'ended',
    entries: [
      entry('src/statistics.ts:14', { judgment: judgment('A', 'A', { votes: { A: 3, B: 0, none: 1 } }) }),
      entry('src/statistics.ts:88', { judgment: judgment(null, null, { votes: { A: 2, B: 2, none: 0 } }) }),
    ],
  },
  undecided: { phase: 'ended', entries: [entry('src/statistics.ts:14', { judgment: judgment(null) })] },
  cancelled: {
    phase: 'cancelled',
    entries: [
      entry('src/orders/total.ts:42', { judgment: BETTER }),
      entry('src/statistics.ts:14', { written: { AB: STREAMED, BA: '' } }),
      entry('src/statistics.ts:88'),
    ],
  },
  failed: {
    phase: 'failed',
    message:
      'The model directory /models/judge has no config.json; choose a Hugging Face checkpoint in verity.judge.model.',
    entries: [],
  },
  'failed midway': {
    phase: 'failed',
    message:
      'The model’s process ended (signal SIGKILL). It is started again with the next request; please ask again.',
    entries: [entry('src/orders/total.ts:42', { judgment: BETTER }), entry('src/statistics.ts:14')],
  },
} satisfies Record<string, PanelState>;

export type StateName = keyof typeof STATES;
