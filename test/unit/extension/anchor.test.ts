/** Anchors: a finding is found again by its content, and moves with the text while the user types. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterEdit, anchorOf, locate } from '../../../extension/review/anchor.ts';

const numbered = Array.from({ length: 20 }, (_, index) => `line ${index}`);
const range = (startLine: number, endLine: number) => ({ startLine, endLine });

describe('a place', () => {
  it('is found again where it was, and where it has moved (property)', () => {
    const added = fc.array(fc.constantFrom('', 'new', '}'), { maxLength: 5 });
    fc.assert(
      fc.property(fc.nat(18), fc.nat(4), added, (start, length, above) => {
        const changed = range(start, Math.min(20, start + length));
        const found = locate(anchorOf(numbered, changed), [...above, ...numbered]);
        expect(found).toEqual(range(changed.startLine + above.length, changed.endLine + above.length));
      }),
    );
  });

  it('that occurs several times is the nearest to where it was', () => {
    const lines = ['a', 'x', 'a', 'x', 'a', 'x'];
    const anchor = { lines: ['x'], head: 0, changed: 1, startLine: 4 };
    expect(locate(anchor, lines)).toEqual(range(3, 4));
    expect(locate({ ...anchor, startLine: 5 }, lines)).toEqual(range(5, 6));
  });

  it('is found by its changed lines where the neighbours have changed', () => {
    const edited = numbered.with(7, 'edited');
    expect(locate(anchorOf(numbered, range(8, 10)), edited)).toEqual(range(8, 10));
  });

  it('is lost where its lines are gone, and a deletion where its neighbours are', () => {
    expect(locate(anchorOf(numbered, range(8, 10)), numbered.toSpliced(8, 1))).toBeUndefined();
    const deletion = anchorOf(numbered, range(8, 8));
    expect(locate(deletion, numbered)).toEqual(range(8, 8));
    expect(locate(deletion, numbered.with(8, 'edited'))).toBeUndefined();
  });

  it('of blank lines alone is none', () => {
    expect(locate({ lines: ['', ' '], head: 0, changed: 2, startLine: 0 }, ['', '', ''])).toBeUndefined();
  });

  it('does not depend on white space at line ends', () => {
    expect(
      locate(
        anchorOf(numbered, range(3, 4)),
        numbered.map((line) => `${line} `),
      ),
    ).toEqual(range(3, 4));
  });

  it('in an excerpt is counted from the excerpt’s first line', () => {
    const anchor = anchorOf(numbered.slice(5), range(8, 9), 5);
    expect(anchor.lines).toEqual(numbered.slice(6, 11));
    expect(locate(anchor, numbered)).toEqual(range(8, 9));
  });
});

describe('after an edit', () => {
  it.each([
    ['above, it moves down', { startLine: 2, endLine: 3, added: 2 }, range(7, 10)],
    ['just above, it moves', { startLine: 5, endLine: 5, added: 1 }, range(6, 9)],
    ['above, it moves up', { startLine: 0, endLine: 3, added: -3 }, range(2, 5)],
    ['below, it stays', { startLine: 8, endLine: 9, added: 4 }, range(5, 8)],
    ['inside, it grows', { startLine: 6, endLine: 7, added: 2 }, range(5, 10)],
    ['inside, it shrinks', { startLine: 6, endLine: 8, added: -1 }, range(5, 7)],
    ['around it, nothing is left of it', { startLine: 4, endLine: 9, added: -5 }, range(4, 4)],
    ['of no line more or less, it stays', { startLine: 5, endLine: 6, added: 0 }, range(5, 8)],
  ])('%s', (_, edit, expected) => {
    expect(afterEdit(range(5, 8), edit)).toEqual(expected);
  });
});
