/** The derivation panel's state as messages come in, and the words for its results. */
import { describe, expect, it } from 'vitest';
import {
  basis,
  headline,
  listed,
  oneLine,
  premisesApart,
  provenSteps,
} from '../../../server/protocol/deduction-words.ts';
import {
  type DerivationState,
  NOTHING_ASKED,
  reduceDerivation,
  ToDerivation,
} from '../../../server/protocol/derivation-panel.ts';
import { ABSTAINED, CONTRADICTORY, PROVED, REFUTED } from './deductions.ts';

const RUNNING: DerivationState = { ...NOTHING_ASKED, phase: 'running' };

describe('the panel’s state', () => {
  it('gathers premises in their order, each once, in whatever order they are read', () => {
    const [one, two] = PROVED.premises;
    const messages = [two!, { ...one!, formal: null }, one!].map(
      (premise) => ({ kind: 'premise', premise }) as const,
    );
    expect(messages.reduce(reduceDerivation, RUNNING).read).toEqual([one, two]);
  });

  it('gathers what the model writes', () => {
    const messages = ['[soup]', ' = 3'].map((text) => ({ kind: 'text', text }) as const);
    expect(messages.reduce(reduceDerivation, RUNNING).written).toBe('[soup] = 3');
  });

  it('ends with the deduction, whose premises are the ones that count', () => {
    const state = reduceDerivation(RUNNING, { kind: 'deduction', deduction: ABSTAINED });
    expect(state).toMatchObject({ phase: 'ended', deduction: ABSTAINED, read: ABSTAINED.premises });
  });

  it('is replaced as a whole', () => {
    const ended = reduceDerivation(RUNNING, { kind: 'deduction', deduction: PROVED });
    expect(reduceDerivation(ended, { kind: 'state', state: NOTHING_ASKED })).toEqual(NOTHING_ASKED);
  });

  it('takes no message that is not its own', () => {
    expect(ToDerivation.safeParse({ kind: 'deduction', deduction: { status: 'entailed' } }).success).toBe(
      false,
    );
  });
});

describe('the words', () => {
  it.each([
    [PROVED, 'Proved: 15', 'from premises 1, 2 and 4 of 5'],
    [{ ...PROVED, answer: 'yes', premisesUsed: [2] }, 'Proved', 'from premise 2 of 5'],
    [{ ...PROVED, answer: null, premisesUsed: [5, 4, 3, 2, 1] }, 'Proved', 'from all 5 premises'],
    [{ ...PROVED, premises: [], premisesUsed: [] }, 'Proved: 15', 'without any premise'],
    [REFUTED, 'Refuted', 'from premises 1 and 2 of 5'],
    [ABSTAINED, 'Abstained', undefined],
    [CONTRADICTORY, 'Contradictory premises', undefined],
  ] as const)('%# name result and basis', (deduction, head, from) => {
    const read = {
      ...deduction,
      premises: [...deduction.premises],
      premisesUsed: [...deduction.premisesUsed],
    };
    expect([headline(read), basis(read)]).toEqual([head, from]);
  });

  it('of an abstention say why, of a proof from what', () => {
    expect(oneLine(ABSTAINED)).toBe(
      'Abstained: The premises leave it open: they hold whether or not the wine costs more than 20.',
    );
    expect(oneLine(REFUTED)).toBe('Refuted from premises 1 and 2 of 5');
  });

  it('list as people do', () => {
    expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(listed)).toEqual(['', 'a', 'a and b', 'a, b and c']);
  });
});

describe('what is shown of a proof', () => {
  it('tells used premises from unused ones', () => {
    const { used, unused } = premisesApart(PROVED);
    expect([used, unused].map((some) => some.map(({ number }) => number))).toEqual([
      [1, 2, 4],
      [3, 5],
    ]);
  });

  it('has no step that was not checked, nor one that rests on such a step or on nothing known', () => {
    const [a, b] = PROVED.derivation;
    const shown = (...derivation: typeof PROVED.derivation) =>
      provenSteps({ ...PROVED, derivation }).map(({ label }) => label);
    expect(shown(a!, b!)).toEqual(['a', 'b']);
    expect(shown({ ...a!, isChecked: false }, b!)).toEqual([]);
    expect(shown(a!, { ...b!, isChecked: false })).toEqual(['a']);
    expect(shown(a!, { ...b!, from: ['a', '9'] })).toEqual(['a']);
    expect(shown(b!, a!)).toEqual(['a']);
  });
});
