import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDerivation } from '../../../../server/deduction/formal/derivation.ts';
import { FormalError, parseFormula, parseLine } from '../../../../server/deduction/formal/parse.ts';
import { printFormula, printGoal } from '../../../../server/deduction/formal/print.ts';
import { areEquivalent } from '../../../../server/deduction/logic/equivalence.ts';
import { anyFormula } from '../formulas.ts';

describe('the formal language', () => {
  it.each([
    '[pasta] = 12',
    '[pasta] = 2 * [soup] - 1',
    '[cake] = [pasta] + [soup]',
    '[a] = [b] - ([c] - [d])',
    '[pasta] <= 12.5',
    '[pasta] != [tomato soup]',
    '![alice is kind]',
    '[alice is kind] & [the lamp is on] -> [bob is tall]',
    '([a] -> [b]) -> [c]',
    '[a] -> [b] -> [c]',
    '![a] | [b]',
    '!([a] & [b])',
    '([a] <-> [b]) & [c]',
  ])('writes %s as it reads it', (text) => {
    expect(printFormula(parseFormula(text))).toBe(text);
  });

  it('reads back whatever it writes, with the same meaning', () => {
    fc.assert(
      fc.property(anyFormula, (formula) => {
        const text = printFormula(formula);
        const again = parseFormula(text);
        expect(printFormula(again)).toBe(text);
        expect(areEquivalent(again, formula)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['[a', /no symbol/],
    ['[]', /no name/],
    ['[a] [b]', /should end/],
    ['[a] = ', /too early/],
    ['[a] * [b] = 3', /product of two names/],
    ['[a] + 1', /no statement/],
    ['12', /no statement/],
    ['[a] = ([b] & [c])', /where a number/],
    ['[a] <-> [b] <-> [c]', /does not chain/],
    ['1/0 = [a]', /no number/],
    [`${'('.repeat(60)}[a]${')'.repeat(60)}`, /nests deeper/],
    [`${'!'.repeat(3000)}[a]`, /nests deeper/],
    [`[${'a'.repeat(5000)}]`, /at most/],
    ['[a\u0000] = 1', /no name/],
    ['(assert false)', /no symbol/],
    ['', /too early/],
  ])('refuses %j', (text, problem) => {
    expect(() => parseFormula(text)).toThrow(problem);
  });

  it('never fails but with a FormalError, whatever the text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[[\]ab?!&|()<>=+\-*0-9 ]{0,40}$/),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(text, (line) => {
        try {
          parseLine(line);
        } catch (error) {
          expect(error).toBeInstanceOf(FormalError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('tells goals, premises and what could not be formalized apart', () => {
    expect(parseLine('none')).toEqual({ kind: 'none' });
    expect(parseLine('? [pasta]')).toEqual({ kind: 'goal', goal: { kind: 'name', name: 'pasta' } });
    const negated = parseLine('? ![bob is tall]');
    expect(negated.kind === 'goal' && printGoal(negated.goal)).toBe('? ![bob is tall]');
    expect(parseLine('[pasta] = 1').kind).toBe('premise');
  });

  it('reads a chain of relations as all of them', () => {
    expect(printFormula(parseFormula('[soup] = 2 + 3 = 5'))).toBe('[soup] = 2 + 3 & 2 + 3 = 5');
  });
});

describe('a derivation', () => {
  it('keeps steps and answer, and passes over notes and what is no step', () => {
    const { steps, proposed } = parseDerivation(
      '# [cake] by 1\nf: [soup] = 6 by 4\ng: nonsense by 1\nh: [cake] = 17 by 1 f\nwhatever\n= 17\ni: [x] = 1 by 1',
    );
    expect(steps.map(({ label, from }) => [label, from])).toEqual([
      ['f', ['4']],
      ['h', ['1', 'f']],
    ]);
    expect(proposed).toBe('17');
  });

  it('has no answer if the model did not come to one', () => {
    expect(parseDerivation('a: [x] = 1 by 1').proposed).toBeUndefined();
  });
});
