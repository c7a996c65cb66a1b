/** Edits made in memory give what the editor would. */
import { expect, it } from 'vitest';
import { applied } from '../../../extension/text-edits.ts';

it.each([
  ['none', 'abc', [], 'abc'],
  ['a replacement', 'abc', [{ start: 1, end: 2, text: 'XY' }], 'aXYc'],
  [
    'several, told in any order, by offsets in the text as it was',
    'abcdef',
    [
      { start: 0, end: 1, text: '' },
      { start: 4, end: 6, text: 'long' },
      { start: 2, end: 2, text: '+' },
    ],
    'b+cdlong',
  ],
  [
    'insertions at one place, the first of them first',
    'ab',
    [
      { start: 1, end: 1, text: '1' },
      { start: 1, end: 1, text: '2' },
    ],
    'a12b',
  ],
])('%s', (_, text, edits, expected) => {
  expect(applied(text, edits)).toBe(expected);
});
