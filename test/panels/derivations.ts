/** The states that the derivation panel can be in, each as its host would send it. */
import type { Deduction } from '../../server/protocol/deduction.ts';
import { type DerivationState, type Inquiry, NOTHING_ASKED } from '../../server/protocol/derivation-panel.ts';
import { ABSTAINED, CONTRADICTORY, PROVED, REFUTED } from '../unit/protocol/deductions.ts';

const about = (question: string, { premises }: Deduction = PROVED): Inquiry => ({
  title: 'notes/menu.md:3–8',
  question,
  premises: premises.map(({ text }) => text),
  canOpenPremises: true,
});

const ended = (question: string, deduction: Deduction): DerivationState => ({
  phase: 'ended',
  inquiry: about(question, deduction),
  read: deduction.premises,
  written: '',
  deduction,
});

const FISH = about('How much does the fish cost?');

/** Ten premises in a chain, each step from one of them and the step before. */
const CHAIN: Deduction = {
  ...PROVED,
  premises: Array.from({ length: 10 }, (_, index) => ({
    number: index + 1,
    text: `Dish ${index + 1} costs ${index + 2} dollars more than dish ${index}.`,
    formal: `[dish ${index + 1}] = [dish ${index}] + ${index + 2}`,
  })),
  derivation: Array.from({ length: 9 }, (_, index) => ({
    label: String.fromCharCode(97 + index),
    formal: `[dish ${index + 2}] = ${(index + 2) * 7}`,
    from: index === 0 ? ['1', '2'] : [String.fromCharCode(96 + index), String(index + 2)],
    isChecked: true,
  })),
  premisesUsed: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
};

/** As of code: no model, no places, a condition that fails in a state of affairs. */
const CODE: Deduction = {
  ...ABSTAINED,
  premises: [
    { number: 1, text: 'count: number', formal: 'count is a number' },
    { number: 2, text: 'if (count >= 0)', formal: 'count >= 0' },
  ],
  reason: 'The condition holds for some inputs and fails for others.',
  goal: '? count > 0',
  counterModels: [{ values: [{ name: 'count', value: '0' }], answer: 'no' }],
  missing: null,
  model: null,
  ms: { formalize: 0, deduce: 0, solve: 4 },
};

export const STATES = {
  empty: NOTHING_ASKED,
  starting: { ...NOTHING_ASKED, phase: 'running', inquiry: FISH },
  reading: {
    ...NOTHING_ASKED,
    phase: 'running',
    inquiry: FISH,
    read: PROVED.premises.slice(0, 3),
    written: '# [fish] by 4 = [salad] ?\n# [salad] by 2 = 2 * [soup] ?\na: [salad] = 6 by 2',
  },
  proved: ended('How much does the fish cost?', PROVED),
  refuted: ended('Does the soup cost more than the salad?', REFUTED),
  abstained: ended('Does the wine cost more than 20?', ABSTAINED),
  contradictory: ended('How much does the soup cost?', CONTRADICTORY),
  chain: ended('How much does dish 10 cost?', CHAIN),
  wide: ended('How much do all ten dishes cost together?', {
    ...CHAIN,
    derivation: [],
    reason: '“63” follows from statements 1 to 10 by the solver.',
  }),
  code: {
    ...NOTHING_ASKED,
    phase: 'ended',
    inquiry: {
      title: 'src/stock.ts:12',
      question: 'Does “count > 0” always hold at line 12?',
      premises: [],
      canOpenPremises: false,
    },
    read: CODE.premises,
    deduction: CODE,
  },
  cancelled: { ...NOTHING_ASKED, phase: 'cancelled', inquiry: FISH, read: PROVED.premises.slice(0, 2) },
  failed: {
    ...NOTHING_ASKED,
    phase: 'failed',
    inquiry: FISH,
    message:
      'The model directory /models/deduction has no config.json; choose a checkpoint in verity.deduction.model.',
  },
} satisfies Record<string, DerivationState>;

export type StateName = keyof typeof STATES;
