/** Line diffs: what every alignment must keep, by Myers (hunks, context) and by blocks (the nano judge's prompt). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trimContext } from '../../../server/judge/context.ts';
import { joinLines, type Region, regions, splitLines } from '../../../server/judge/line-diff.ts';
import { alignedRegions } from '../../../server/judge/prompts/alignment.ts';
import { edited, lines } from './lines.ts';

describe('splitLines', () => {
  it.each([
    ['', []],
    ['\n', ['']],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\n\n', ['a', '']],
    ['a\r\nb\r\n', ['a', 'b']],
    ['a\rb', ['a\rb']],
    ['a\u2028b', ['a\u2028b']],
  ])('%j', (text, expected) => {
    expect(splitLines(text)).toEqual(expected);
  });

  it('undoes joinLines (property)', () => {
    fc.assert(
      fc.property(lines, (all) => {
        expect(splitLines(joinLines(all))).toEqual(all);
      }),
    );
  });
});

function expectAlignment(found: Region[], a: string[], b: string[]): void {
  expect(found.flatMap((region) => region.a)).toEqual(a);
  expect(found.flatMap((region) => region.b)).toEqual(b);
  for (const [index, region] of found.entries()) {
    expect(region.a.length + region.b.length).toBeGreaterThan(0);
    if (region.same) expect(region.a).toEqual(region.b);
    if (index > 0) expect(region.same).not.toBe(found[index - 1]!.same);
  }
}

describe.each([
  ['regions', regions],
  ['alignedRegions', alignedRegions],
])('%s', (_, align) => {
  it('hold every line of both versions once, in order, shared and changed by turns (property)', () => {
    fc.assert(fc.property(edited, ([a, b]) => expectAlignment(align(a, b), a, b)));
    fc.assert(fc.property(lines, lines, (a, b) => expectAlignment(align(a, b), a, b)));
  });

  it('change nothing between equal versions (property)', () => {
    fc.assert(fc.property(lines, (a) => align(a, a).every(({ same }) => same)));
  });

  it('of versions with nothing in common are one change, even of 40,000 lines', () => {
    const [a, b] = ['a', 'b'].map((name) =>
      Array.from({ length: 20_000 }, (_, index) => `${name} ${index}`),
    ) as [string[], string[]];
    expect(align(['same', ...a, 'end'], ['same', ...b, 'end'])).toEqual([
      { same: true, a: ['same'], b: ['same'] },
      { same: false, a, b },
      { same: true, a: ['end'], b: ['end'] },
    ]);
  });

  it('find one changed line among 20,000', () => {
    const a = Array.from({ length: 20_000 }, (_, index) => `${index % 7}`);
    const b = a.with(10_000, 'changed');
    expect(align(a, b).filter(({ same }) => !same)).toEqual([
      { same: false, a: [a[10_000]], b: ['changed'] },
    ]);
  });
});

describe('the alignments differ', () => {
  it('where a line is repeated: Myers adds it behind, the block alignment before', () => {
    const [once, twice] = [
      ['flush();', 'close();', 'end();'],
      ['flush();', 'flush();', 'close();', 'end();'],
    ];
    expect(regions(once, twice).map(({ same }) => same)).toEqual([true, false, true]);
    expect(alignedRegions(once, twice).map(({ same }) => same)).toEqual([false, true]);
  });
});

describe('trimContext', () => {
  it('keeps all changed lines and at most so many shared ones around each (property)', () => {
    fc.assert(
      fc.property(edited, fc.nat(5), ([a, b], context) => {
        const pair = { a: joinLines(a), b: joinLines(b), language: 'python' };
        const trimmed = trimContext(pair, context);
        const changed = (side: 'a' | 'b') =>
          regions(a, b).flatMap((region) => (region.same ? [] : region[side]));
        const [keptA, keptB] = [splitLines(trimmed.a), splitLines(trimmed.b)];
        const changes = regions(a, b).filter(({ same }) => !same).length;
        expect(keptA.length - changed('a').length).toBe(keptB.length - changed('b').length);
        expect(keptA.length - changed('a').length).toBeLessThanOrEqual(2 * context * changes);
        if (context === 0) expect([keptA, keptB]).toEqual([changed('a'), changed('b')]);
      }),
    );
  });

  it('without a limit changes nothing but line ends (property)', () => {
    fc.assert(
      fc.property(edited, ([a, b]) => {
        fc.pre(joinLines(a) !== joinLines(b));
        const pair = { a: joinLines(a), b: joinLines(b), language: 'python', instruction: 'do' };
        expect(trimContext(pair, Infinity)).toEqual(pair);
      }),
    );
  });
});
