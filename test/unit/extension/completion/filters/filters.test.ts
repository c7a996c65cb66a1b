import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FILTERS, filtered } from '../../../../../extension/completion/filters/filters.ts';
import { at } from './golden.ts';

it('applies one after the other', () => {
  const place = at('const all = |');
  expect(filtered('const all = f(x);\ng(y);\ng(y);\ng(y);', place)).toEqual({
    text: 'f(x);\ng(y);',
  });
  expect(filtered('g(x));', at('f(|);'))).toEqual({ text: 'g(x)' });
  expect(filtered('sum = a + b;', at('  sum = | + b;'))).toEqual({ text: 'a' });
});

it('says which one left nothing', () => {
  expect(filtered('  \n', at('a |'))).toEqual({ leftOutBy: 'only white space' });
  expect(filtered('load(a);', at('load(a);\n|'))).toEqual({ leftOutBy: 'repeats the line above' });
});

it('names are different, as the outcome tells them', () => {
  expect(new Set(FILTERS.map(({ name }) => name)).size).toBe(FILTERS.length);
});

const text = fc.string({
  unit: fc.constantFrom('a', 'b', '(', ')', '{', '}', ';', ' ', '\n'),
  maxLength: 20,
});

it('only cut: what is shown is a part of what was found, and never blank (property)', () => {
  fc.assert(
    fc.property(text, text, text, (prefix, suffix, completion) => {
      const result = filtered(completion, { prefix, suffix });
      if ('leftOutBy' in result) return;
      expect(completion).toContain(result.text);
      expect(result.text.trim()).not.toBe('');
    }),
  );
});
