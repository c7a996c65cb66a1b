/** Arbitrary versions of a text for properties: few different lines, so that they repeat, and edits of one another. */
import fc from 'fast-check';

export const line: fc.Arbitrary<string> = fc.constantFrom(
  '',
  '}',
  '  }',
  'a();',
  '  b();',
  '\tc();',
  'function f() {',
  '    return x;',
  'é😀',
);

export const lines = fc.array(line, { maxLength: 40 });

/** Lines, and the same lines after up to four cuts and insertions. */
export const edited = fc
  .tuple(
    lines,
    fc.array(
      fc.tuple(fc.nat(40), fc.nat(4), fc.array(fc.oneof(line, fc.constant('new();')), { maxLength: 4 })),
      {
        maxLength: 4,
      },
    ),
  )
  .map(([before, edits]): [string[], string[]] => {
    const after = [...before];
    for (const [at, removed, added] of edits) after.splice(Math.min(at, after.length), removed, ...added);
    return [before, after];
  });
