/** Results follow their lines and go when those are edited. */
import { describe, expect, it } from 'vitest';
import { afterEdit, type Edit, type Place } from '../../../../extension/deduction/place.ts';

const TEXT = 'above\npremise\nbetween\nquestion\nbelow\n';
const spanOf = (word: string) => ({ start: TEXT.indexOf(word), end: TEXT.indexOf(word) + word.length });
const PLACE: Place = { question: spanOf('question'), premises: [spanOf('premise')], isWhole: false };

/** Replaces a piece of the text, and answers with what stands at the places afterwards. */
function edited(from: number, to: number, text: string, place = PLACE): string[] | undefined {
  const edit: Edit = {
    offset: from,
    length: to - from,
    text,
    startsLine: from === 0 || TEXT[from - 1] === '\n',
  };
  const after = afterEdit(place, edit);
  const whole = TEXT.slice(0, from) + text + TEXT.slice(to);
  return after && [after.question, ...after.premises].map(({ start, end }) => whole.slice(start, end));
}

const at = (word: string) => TEXT.indexOf(word);
const KEPT = ['question', 'premise'];

describe('a result stays', () => {
  it.each([
    ['text above', 0, 0, 'more '],
    ['text between', at('between'), at('between') + 3, 'x'],
    ['text below', at('below'), at('below'), 'more\nand more'],
    ['a line above is removed', 0, at('premise'), ''],
    ['a line is added right above', at('premise'), at('premise'), 'new line\n'],
    ['a line is added right below', at('question') + 8, at('question') + 8, '\r\nnew line'],
    ['lines between are replaced', at('between'), at('between') + 7, ''],
  ])('when %s', (_, from, to, text) => {
    expect(edited(from, to, text)).toEqual(KEPT);
  });
});

describe('a result goes', () => {
  it.each([
    ['the question is changed', at('question') + 2, at('question') + 3, ''],
    ['a premise is changed', at('premise') + 2, at('premise') + 2, 'x'],
    ['words are added to its end', at('question') + 8, at('question') + 8, ' not'],
    ['words are added to its beginning', at('question'), at('question'), 'not '],
    ['the next line is joined to it', at('question') + 8, at('question') + 9, ''],
    ['it is joined to the line before', at('premise') - 1, at('premise'), ''],
    ['all is replaced', 0, TEXT.length, 'new'],
  ])('when %s', (_, from, to, text) => {
    expect(edited(from, to, text)).toBeUndefined();
  });

  it('when anything changes in the code that it is about', () => {
    expect(edited(0, 0, 'more ', { ...PLACE, isWhole: true })).toBeUndefined();
  });
});
