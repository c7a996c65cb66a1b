/** Hunks: every change is covered once, ranges are in bounds, the context is the same in both versions. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hunksOf } from '../../../server/judge/hunks.ts';
import { joinLines, regions, splitLines } from '../../../server/judge/line-diff.ts';
import type { LineRange } from '../../../server/protocol/judgment.ts';
import { edited } from './lines.ts';

const inside = (line: number, { startLine, endLine }: LineRange) => line >= startLine && line < endLine;

/** Zero-based lines that a diff changes, but for those whose change is white space at the end or a blank line. */
function changedLines(before: string[], after: string[]): { before: number[]; after: number[] } {
  const changed = { before: [] as number[], after: [] as number[] };
  let [inBefore, inAfter] = [0, 0];
  for (const { same, a, b } of regions(before, after)) {
    if (!same) {
      a.forEach((_, index) => changed.before.push(inBefore + index));
      b.forEach((_, index) => changed.after.push(inAfter + index));
    }
    inBefore += a.length;
    inAfter += b.length;
  }
  return changed;
}

describe('hunksOf', () => {
  it('covers every changed line in exactly one hunk, within bounds, in order (property)', () => {
    const visible = edited.filter(([a, b]) => [...a, ...b].every((line) => line !== ''));
    fc.assert(
      fc.property(visible, ([a, b]) => {
        const hunks = hunksOf('f.ts', joinLines(a), joinLines(b)).map(({ hunk }) => hunk);
        const changed = changedLines(a, b);
        for (const side of ['before', 'after'] as const) {
          const all = side === 'before' ? a : b;
          for (const line of changed[side])
            expect(hunks.filter((hunk) => inside(line, hunk[side]))).toHaveLength(1);
          let end = 0;
          for (const { [side]: range } of hunks) {
            expect(range.startLine).toBeGreaterThanOrEqual(end);
            expect(range.endLine).toBeGreaterThanOrEqual(range.startLine);
            end = range.endLine;
          }
          expect(end).toBeLessThanOrEqual(all.length);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('shows the code of the version after, and the same with this change alone undone (property)', () => {
    fc.assert(
      fc.property(edited, ([a, b]) => {
        for (const { hunk, before, after } of hunksOf('f.ts', joinLines(a), joinLines(b))) {
          const undone = a.slice(hunk.before.startLine, hunk.before.endLine);
          const made = b.slice(hunk.after.startLine, hunk.after.endLine);
          const shown = splitLines(after);
          const context = shown.length - made.length;
          // Where the change may stand within what is shown: one place must explain both versions.
          const above = Array.from({ length: context + 1 }, (_, index) => index).find((head) => {
            const [start, end] = [hunk.after.startLine - head, hunk.after.endLine + context - head];
            const [first, last] = [shown.slice(0, head), shown.slice(head + made.length)];
            return (
              start >= 0 &&
              after === joinLines(b.slice(start, end)) &&
              before === joinLines([...first, ...undone, ...last])
            );
          });
          expect(above).toBeDefined();
        }
      }),
      { numRuns: 500 },
    );
  });

  it('finds none between versions that differ in blank lines, line ends or white space at them', () => {
    expect(hunksOf('f', 'a\nb\n', 'a\r\n\r\nb  ')).toEqual([]);
    expect(hunksOf('f', '', '\n\n')).toEqual([]);
    expect(hunksOf('f', 'a\n', 'a\n')).toEqual([]);
  });

  it.each([
    ['a replaced line', 'a\nb\nc\n', 'a\nx\nc\n', [1, 2], [1, 2]],
    ['a pure insertion', 'a\nc\n', 'a\nb\nc\n', [1, 1], [1, 2]],
    ['a pure deletion', 'a\nb\nc\n', 'a\nc\n', [1, 2], [1, 1]],
    ['an insertion at the start', 'b\n', 'a\nb\n', [0, 0], [0, 1]],
    ['an insertion at the end', 'a\n', 'a\nb\n', [1, 1], [1, 2]],
    ['an insertion at the end without newlines', 'a', 'a\nb', [1, 1], [1, 2]],
    ['a new file', '', 'a\nb\n', [0, 0], [0, 2]],
    ['an emptied file', 'a\nb\n', '', [0, 2], [0, 0]],
    ['CRLF before, LF after', 'a\r\nb\r\nc\r\n', 'a\nx\nc\n', [1, 2], [1, 2]],
  ] as [string, string, string, [number, number], [number, number]][])(
    '%s',
    (_, before, after, old, current) => {
      expect(hunksOf('dir/f.ts', before, after).map(({ hunk }) => hunk)).toMatchObject([
        {
          file: 'dir/f.ts',
          before: { startLine: old[0], endLine: old[1] },
          after: { startLine: current[0], endLine: current[1] },
        },
      ]);
    },
  );

  it('joins changes three lines apart and parts those four lines apart', () => {
    const text = (first: string, between: number, second: string) =>
      joinLines([first, ...Array.from({ length: between }, (_, index) => `${index}`), second]);
    expect(hunksOf('f', text('a', 3, 'b'), text('x', 3, 'y'))).toHaveLength(1);
    expect(hunksOf('f', text('a', 4, 'b'), text('x', 4, 'y'))).toHaveLength(2);
  });

  const FILE = `import { db } from './db';

function first() {
  return 1;
}

async function load(id) {
  const row = await db.get(id);
  if (!row) {
    return null;
  }
  return row.value;
}

function last() {
  return 3;
}
`;

  it('shows the function around a change and no other', () => {
    const [piece, ...others] = hunksOf('f.ts', FILE, FILE.replace('row.value', 'row'));
    expect(others).toEqual([]);
    expect(splitLines(piece!.before)[0]).toBe('async function load(id) {');
    expect(splitLines(piece!.before).at(-1)).toBe('}');
    expect(piece!.after).toContain('return row;');
    expect(piece!.after).not.toMatch(/first|last/);
  });

  it('shows a Python method without the next one', () => {
    const before =
      'class C:\n    def f(self):\n        x = 1\n        return x\n\n    def g(self):\n        return 2\n';
    const [piece] = hunksOf('f.py', before, before.replace('x = 1', 'x = 2'));
    expect(piece!.before).toContain('    def f(self):\n        x = 1\n        return x\n');
    expect(piece!.before).not.toContain('def g');
  });

  it('counts other changes in the same function as made', () => {
    const after = FILE.replace('load(id)', 'load(key)').replace('return row.value', 'return row');
    const [signature, result] = hunksOf('f.ts', FILE, after);
    expect(signature!.before).toBe(signature!.after.replace('load(key)', 'load(id)'));
    expect(result!.before).toBe(result!.after.replace('return row;', 'return row.value;'));
    expect(result!.before).toContain('load(key)');
  });

  it('bounds the context', () => {
    const before = joinLines(Array.from({ length: 500 }, (_, index) => `  line ${index};`));
    const [piece] = hunksOf('f.ts', before, before.replace('line 250;', 'line x;'));
    expect(splitLines(piece!.before).length).toBeLessThanOrEqual(49);
  });

  describe('with the functions that an editor knows', () => {
    const [first, load, last] = [
      { startLine: 2, endLine: 5 },
      { startLine: 6, endLine: 13 },
      { startLine: 14, endLine: 17 },
    ];
    const functions = [{ startLine: 0, endLine: 17 }, first, load, last] as LineRange[];

    it('shows the innermost function whole, where indentation would tell nothing', () => {
      const flat = joinLines(splitLines(FILE).map((line) => line.trim()));
      const [piece] = hunksOf('f.ts', flat, flat.replace('row.value', 'row'), { functions });
      expect(splitLines(piece!.before)[0]).toBe('async function load(id) {');
      expect(piece!.before).not.toMatch(/first|last|import/);
    });

    it('judges all changes in a small function as one, and others apart', () => {
      const after = FILE.replace('load(id)', 'load(key)')
        .replace('return row.value', 'return row')
        .replace('return 3', 'return 4');
      const outer = functions.slice(1);
      const [one, other, ...more] = hunksOf('f.ts', FILE, after, { functions: outer });
      expect(more).toEqual([]);
      expect(one!.before).toContain('load(id)');
      expect(one!.before).toContain('row.value');
      expect(one!.hunk.after).toEqual({ startLine: 6, endLine: 12 });
      expect(other!.after).toContain('return 4');
    });

    it('keeps changes in a long function apart, and its context bounded', () => {
      const before = joinLines(Array.from({ length: 200 }, (_, index) => `line ${index}`));
      const after = before.replace('line 50\n', 'x\n').replace('line 150\n', 'y\n');
      const pieces = hunksOf('f.ts', before, after, { functions: [{ startLine: 0, endLine: 200 }] });
      expect(pieces).toHaveLength(2);
      for (const piece of pieces) expect(splitLines(piece.after).length).toBeLessThanOrEqual(49);
    });
  });

  it('judges only hunks that touch the lines asked for', () => {
    const after = FILE.replace('return 1', 'return 2').replace('null', 'id').replace('  return 3;\n', '');
    const starts = (only: LineRange) =>
      hunksOf('f.ts', FILE, after, { only }).map(({ hunk }) => hunk.after.startLine);
    expect(starts({ startLine: 0, endLine: 100 })).toEqual([3, 9, 15]);
    expect(starts({ startLine: 7, endLine: 10 })).toEqual([9]);
    expect(starts({ startLine: 7, endLine: 9 })).toEqual([]);
    expect(starts({ startLine: 12, endLine: 16 })).toEqual([15]);
    expect(starts({ startLine: 15, endLine: 15 })).toEqual([15]);
  });

  it('counts lines of an excerpt from where it begins in each version', () => {
    const [piece] = hunksOf('f', 'a\nb\n', 'a\nx\n', { firstLine: { before: 10, after: 20 } });
    expect(piece!.hunk).toMatchObject({
      before: { startLine: 11, endLine: 12 },
      after: { startLine: 21, endLine: 22 },
    });
  });
});
