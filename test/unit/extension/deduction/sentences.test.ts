/** Sentences of a selection, and where each stands in it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitSentences } from '../../../../extension/deduction/sentences.ts';

const texts = (text: string) => splitSentences(text).map((sentence) => sentence.text);

describe('sentences', () => {
  it('end at full stops, question marks and exclamation marks', () => {
    expect(texts('All men are mortal. Is Socrates a man? He is! So he is mortal')).toEqual([
      'All men are mortal.',
      'Is Socrates a man?',
      'He is!',
      'So he is mortal',
    ]);
  });

  it.each([
    ['Dr. Smith costs more than Mr. Jones. He is rich.', 'Dr. Smith costs more than Mr. Jones.'],
    ['A dish, e.g. Soup, costs 5. It is cheap.', 'A dish, e.g. Soup, costs 5.'],
    ['See No. 5 of the menu. It is cheap.', 'See No. 5 of the menu.'],
    ['The soup costs 3.50 dollars. It is cheap.', 'The soup costs 3.50 dollars.'],
    ['J. R. Hobbit is a man. He is mortal.', 'J. R. Hobbit is a man.'],
    ['It opens at 9 a.m. Monday comes first. It is early.', 'It opens at 9 a.m. Monday comes first.'],
    ['The U.S. is large. Cuba is small.', 'The U.S. is large.'],
    ['He said “It rains.” She left.', 'He said “It rains.”'],
  ])('do not end within %j', (text, first) => {
    expect(texts(text)[0]).toBe(first);
    expect(texts(text)).toHaveLength(2);
  });

  it('may end in “No.” where no number follows', () => {
    expect(texts('Is it so? No. It is not.')).toEqual(['Is it so?', 'No.', 'It is not.']);
  });

  it('go on over a line that was merely wrapped, not over a blank line', () => {
    expect(texts('All men are\nmortal\n\nSocrates is a man')).toEqual([
      'All men are mortal',
      'Socrates is a man',
    ]);
    expect(texts('All men are\r\nmortal.\r\nSocrates is a man.')).toEqual([
      'All men are mortal.',
      'Socrates is a man.',
    ]);
  });

  it('are list items without their markers, with or without full stops', () => {
    const list =
      '- The soup costs 5\n* The fish costs 7\n1. Bread is free\n2) Water too\n  - [x] Tea is hot\n> • Wine is old';
    expect(texts(list)).toEqual([
      'The soup costs 5',
      'The fish costs 7',
      'Bread is free',
      'Water too',
      'Tea is hot',
      'Wine is old',
    ]);
  });

  it('are not headings, rules or bullets without words', () => {
    expect(texts('## Premises\n\nAll men are mortal.\n\n---\n- \n* * *\nSocrates is a man.')).toEqual([
      'All men are mortal.',
      'Socrates is a man.',
    ]);
  });

  it('of a quotation have no marks of its wrapped lines', () => {
    expect(texts('> All men are\n> mortal.')).toEqual(['All men are mortal.']);
  });

  it('lose bold marks, which are no words', () => {
    expect(texts('**All** men are mortal.')).toEqual(['All men are mortal.']);
  });

  it('have their places in the document', () => {
    const text = '- The soup costs 5. It is hot.\n- The fish\n  costs 7.';
    const places = splitSentences(text, 100).map(({ start, end }) => text.slice(start - 100, end - 100));
    expect(places).toEqual(['The soup costs 5.', 'It is hot.', 'The fish\n  costs 7.']);
  });

  it('lie one after the other within any text (property)', () => {
    const pieces = fc.constantFrom(
      'All men',
      ' are ',
      'mortal',
      '. ',
      '? ',
      '\n',
      '\n\n',
      '- ',
      '1. ',
      'e.g. ',
      '> ',
      '“',
      '”',
      '# ',
      '5.5',
      '\r\n',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        const text = parts.join('');
        let last = 0;
        for (const { start, end, text: words } of splitSentences(text)) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(text.length);
          expect(words).not.toMatch(/\n|^\s|\s$/);
          last = end;
        }
      }),
    );
  });
});
