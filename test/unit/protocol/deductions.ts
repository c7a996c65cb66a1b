/** Deductions as a server would send them. */
import type { Deduction, FormalPremise } from '../../../server/protocol/deduction.ts';

const premise = (number: number, text: string, formal: string | null, problem?: string): FormalPremise => ({
  number,
  text,
  formal,
  ...(problem !== undefined && { problem }),
});

const MENU: FormalPremise[] = [
  premise(1, 'The soup costs 3 dollars.', '[soup] = 3'),
  premise(2, 'The salad costs twice as much as the soup.', '[salad] = 2 * [soup]'),
  premise(
    3,
    'The bread is older than the cook.',
    null,
    'This sentence is about neither prices nor propositions.',
  ),
  premise(4, 'The fish costs 9 dollars more than the salad.', '[fish] = [salad] + 9'),
  premise(5, 'The wine costs more than the fish.', '[wine] > [fish]'),
];

const TIMES = { formalize: 840, deduce: 610, solve: 12 };

const base: Omit<Deduction, 'status' | 'answer' | 'reason' | 'goal'> = {
  premises: MENU,
  derivation: [],
  premisesUsed: [],
  counterModels: [],
  missing: null,
  smtLib: '(set-logic QF_LRA)\n(check-sat)\n',
  model: 'nano-deduction',
  proposed: null,
  ms: TIMES,
};

export const PROVED: Deduction = {
  ...base,
  status: 'entailed',
  answer: '15',
  reason: 'In every state of affairs in which the premises hold, the fish costs 15.',
  goal: '? [fish]',
  derivation: [
    { label: 'a', formal: '[salad] = 6', from: ['1', '2'], isChecked: true },
    { label: 'b', formal: '[fish] = 15', from: ['a', '4'], isChecked: true },
  ],
  premisesUsed: [1, 2, 4],
  proposed: '15',
};

export const REFUTED: Deduction = {
  ...base,
  status: 'refuted',
  answer: 'no',
  reason: 'The premises prove the opposite: the soup does not cost more than the salad.',
  goal: '? [soup] > [salad]',
  derivation: [
    { label: 'a', formal: '[salad] = 6', from: ['1', '2'], isChecked: true },
    { label: 'b', formal: '!([soup] > [salad])', from: ['1', 'a'], isChecked: true },
  ],
  premisesUsed: [1, 2],
};

export const ABSTAINED: Deduction = {
  ...base,
  status: 'abstained',
  answer: null,
  reason: 'The premises leave it open: they hold whether or not the wine costs more than 20.',
  goal: '? [wine] > 20',
  counterModels: [
    {
      values: [
        { name: 'soup', value: '3' },
        { name: 'salad', value: '6' },
        { name: 'fish', value: '15' },
        { name: 'wine', value: '16' },
      ],
      answer: 'no',
    },
    {
      values: [
        { name: 'soup', value: '3' },
        { name: 'salad', value: '6' },
        { name: 'fish', value: '15' },
        { name: 'wine', value: '21' },
      ],
      answer: 'yes',
    },
  ],
  missing: '[wine] = 21',
};

export const CONTRADICTORY: Deduction = {
  ...base,
  status: 'contradictory',
  answer: null,
  reason: 'Premises 1 and 2 cannot both hold, so anything would follow from them.',
  goal: '? [soup]',
  premises: [
    premise(1, 'The soup costs 3 dollars.', '[soup] = 3'),
    premise(2, 'The soup costs 4 dollars.', '[soup] = 4'),
    premise(3, 'The salad costs 6 dollars.', '[salad] = 6'),
  ],
  premisesUsed: [1, 2],
};
