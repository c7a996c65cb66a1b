/** An edit in hunks: all of them make the new text, none of them leaves the old one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeHunk, hunksOf, withHunks } from '../../../../extension/solve/hunks.ts';
import { edited } from '../../judge/lines.ts';

const BEFORE = 'a\nb\nc\nd\ne';
const AFTER = 'a\nB\nc\nd\nd2\ne';

describe('hunks', () => {
  it('are the runs of changed lines', () => {
    expect(hunksOf(BEFORE, AFTER)).toEqual([
      { line: 1, removed: ['b'], added: ['B'] },
      { line: 4, removed: [], added: ['d2'] },
    ]);
    expect(hunksOf('a\r\nb', 'a\nb')).toEqual([]);
  });

  it('can be made one by one', () => {
    const [first, second] = hunksOf(BEFORE, AFTER);
    expect(withHunks(BEFORE, [first!])).toBe('a\nB\nc\nd\ne');
    expect(withHunks(BEFORE, [second!])).toBe('a\nb\nc\nd\nd2\ne');
  });

  it('make the new text together, in any order, and the old one without (property)', () => {
    fc.assert(
      fc.property(edited, fc.infiniteStream(fc.boolean()), ([a, b], choices) => {
        const [before, after] = [a.join('\n'), b.join('\n')];
        const hunks = hunksOf(before, after);
        expect(withHunks(before, hunks)).toBe(after);
        expect(withHunks(before, hunks.toReversed())).toBe(after);
        expect(withHunks(before, [])).toBe(before);
        // Some now and the others later come to the same.
        const chosen = hunks.filter(() => choices.next().value);
        const half = withHunks(before, chosen);
        expect(withHunks(half, hunksOf(half, after))).toBe(after);
      }),
    );
  });

  it.each([
    [{ line: 3, removed: ['a'], added: ['b'] }, 'line 14: 1 line changed'],
    [{ line: 3, removed: ['a', 'b'], added: ['c'] }, 'line 14: 2 lines become 1'],
    [{ line: 3, removed: ['a'], added: ['b', 'c'] }, 'line 14: 1 line becomes 2'],
    [{ line: 3, removed: [], added: ['c', 'd'] }, 'line 14: 2 lines added'],
    [{ line: 3, removed: ['c'], added: [] }, 'line 14: 1 line removed'],
  ])('are described by their place in the file', (hunk, words) => {
    expect(describeHunk(hunk, 10)).toBe(words);
  });
});
