/** What the editor side reads from texts alone: imports and changed lines. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changedLines } from '../../../extension/review/changed-lines.ts';
import { importsOf } from '../../../extension/review/imports.ts';
import { edited } from '../judge/lines.ts';

const range = (startLine: number, endLine: number) => ({ startLine, endLine });

describe('imports', () => {
  it.each([
    [
      'TypeScript',
      ["import a from 'a';", 'import {', '  b,', "} from 'b';", '', 'const x = 1;'],
      [range(0, 4)],
    ],
    ['Python', ['"""doc"""', 'import os', 'from a import (', '  b,', ')', 'x = 1'], [range(1, 5)]],
    ['CommonJS', ["const a = require('a');", "let { b } = require('b');"], [range(0, 2)]],
    ['C', ['#include <a.h>', '', '#include "b.h"'], [range(0, 1), range(2, 3)]],
    ['nothing', ['importance = 1', 'user(x)', 'from_now()', 'const required = 1;'], []],
  ])('of %s', (_, lines, expected) => {
    expect(importsOf(lines)).toEqual(expected);
  });

  it('are bounded', () => {
    const taken = importsOf(Array.from({ length: 500 }, () => 'import x'));
    expect(taken).toEqual([range(0, 40)]);
  });
});

describe('changed lines', () => {
  it('are empty where something was only deleted', () => {
    expect(changedLines('a\nb\nc', 'a\nc')).toEqual([range(1, 1)]);
    expect(changedLines('a\nb\nc', 'a\nx\ny\nc')).toEqual([range(1, 3)]);
    expect(changedLines('a\nb', 'a\nb')).toEqual([]);
    expect(changedLines('a\r\nb\r\n', 'a\nb\n')).toEqual([]);
  });

  it('are all that is new: without them the rest is from before, in order (property)', () => {
    fc.assert(
      fc.property(edited, ([a, b]) => {
        const ranges = changedLines(a.join('\n'), b.join('\n'));
        const lines = b.join('\n').split('\n');
        const kept = lines.filter((_, line) => !ranges.some((r) => r.startLine <= line && line < r.endLine));
        const old = a.join('\n').split('\n');
        let from = 0;
        for (const line of kept) {
          from = old.indexOf(line, from) + 1;
          expect(from).toBeGreaterThan(0);
        }
      }),
    );
  });
});
