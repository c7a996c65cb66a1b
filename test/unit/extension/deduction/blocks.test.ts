/** Arguments in Markdown: which premises belong to which conclusion, and where they stand. */
import { describe, expect, it } from 'vitest';
import { argumentsIn } from '../../../../extension/deduction/blocks.ts';

const read = (text: string) =>
  argumentsIn(text).map(({ premises, conclusion }) => [premises.map((each) => each.text), conclusion.text]);

const SOCRATES = [['All men are mortal.', 'Socrates is a man.'], 'Socrates is mortal.'];

describe('an argument', () => {
  it.each([
    ['lines', 'premise: All men are mortal.\npremise: Socrates is a man.\ntherefore: Socrates is mortal.'],
    [
      'blank lines',
      'Premise: All men are mortal.\n\nPremise: Socrates is a man.\n\nTherefore: Socrates is mortal.',
    ],
    [
      'numbers',
      'premise 1: All men are mortal.\npremise 2: Socrates is a man.\nTherefore: Socrates is mortal.',
    ],
    [
      'a list',
      '- premise: All men are mortal.\n- premise: Socrates is a man.\n- therefore: Socrates is mortal.\n- else',
    ],
    [
      'bold',
      '**Premise:** All men are mortal.\n**premise**: Socrates is a man.\n__Therefore:__ Socrates is mortal.',
    ],
    [
      'a quotation',
      '> premise: All men are mortal.\n> premise: Socrates is a man.\n> therefore: Socrates is mortal.',
    ],
    ['one line', 'premises: All men are mortal. Socrates is a man.\ntherefore: Socrates is mortal.'],
    [
      'a headed list',
      'Premises:\n\n- All men are mortal.\n- Socrates is a man.\n\nTherefore: Socrates is mortal.',
    ],
    [
      'wrapped lines',
      'premise: All men\n  are mortal.\npremise: Socrates is a man.\ntherefore: Socrates\nis mortal.',
    ],
  ])('is read from %s', (_, text) => {
    expect(read(text)).toEqual([SOCRATES]);
  });

  it('may end in a question', () => {
    expect(read('premise: The soup costs 5.\nquestion: How much does the soup cost?')).toEqual([
      [['The soup costs 5.'], 'How much does the soup cost?'],
    ]);
  });

  it('knows where its parts stand', () => {
    const text = '# Notes\r\n\r\npremise: It rains.\r\ntherefore: It is\r\nwet.\r\n';
    const [{ premises, conclusion } = { premises: [], conclusion: undefined }] = argumentsIn(text);
    expect(premises.map(({ start, end }) => text.slice(start, end))).toEqual(['It rains.']);
    expect(text.slice(conclusion!.start, conclusion!.end)).toBe('It is\r\nwet.');
  });

  it('with two conclusions asks both of the same premises, and a further premise begins anew', () => {
    expect(read('premise: A.\ntherefore: B.\ntherefore: C.\npremise: D.\ntherefore: E.')).toEqual([
      [['A.'], 'B.'],
      [['A.'], 'C.'],
      [['D.'], 'E.'],
    ]);
  });

  it('does not reach over a heading', () => {
    expect(read('premise: A.\n## Next\ntherefore: B.')).toEqual([]);
  });

  it('lets other paragraphs stand between its parts', () => {
    expect(read('premise: A.\n\nThat was the easy part.\n\ntherefore: B.')).toEqual([[['A.'], 'B.']]);
  });
});

describe('no argument', () => {
  it.each([
    ['a conclusion without premises', 'therefore: B.'],
    ['premises without a conclusion', 'premise: A.'],
    ['an empty conclusion', 'premise: A.\ntherefore:'],
    ['a key within a line', 'The premise: A.\nand therefore: B.'],
    ['code', '```\npremise: A.\ntherefore: B.\n```'],
    ['code that is not closed', '~~~ text\npremise: A.\n```\ntherefore: B.'],
  ])('is %s', (_, text) => {
    expect(read(text)).toEqual([]);
  });
});
