/** Fingerprints: the same change has the same one, another change has another. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hunksOf } from '../../../server/judge/hunks.ts';
import { fingerprint } from '../../../server/review/fingerprint.ts';

it('does not depend on file, line, indentation, spacing or blank lines', () => {
  const [one] = hunksOf('a.ts', 'let x = 1;\n', 'let x = 2;\n');
  const [other] = hunksOf('b.ts', `head\n\n  let  x = 1;\n`, `head\n\n  let x  = 2;  \n`);
  expect(one!.hunk.fingerprint).toBe(other!.hunk.fingerprint);
});

it('tells apart what was there from what came', () => {
  expect(fingerprint(['a'], ['b'])).not.toBe(fingerprint(['b'], ['a']));
  expect(fingerprint(['a', 'b'], [])).not.toBe(fingerprint(['a'], ['b']));
  expect(fingerprint([], ['a'])).not.toBe(fingerprint(['a'], []));
});

it('differs for different changes (property)', () => {
  const words = fc.array(fc.constantFrom('a', 'b', 'ab', '"', '[', ','), { maxLength: 4 });
  fc.assert(
    fc.property(fc.tuple(words, words), fc.tuple(words, words), (one, two) => {
      expect(fingerprint(...one) === fingerprint(...two)).toBe(JSON.stringify(one) === JSON.stringify(two));
    }),
  );
});
