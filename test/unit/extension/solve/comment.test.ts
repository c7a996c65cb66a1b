/** Comments as problems. */
import { describe, expect, it } from 'vitest';
import { codeAround, commentAt } from '../../../../extension/solve/comment.ts';

const range = (startLine: number, endLine: number) => ({ startLine, endLine });

describe('the comment at a line', () => {
  it.each([
    ['TypeScript', ['a();', '// TODO: sort', '// by name', 'b();'], 2, range(1, 3), 'TODO: sort\nby name'],
    ['Python', ['    # sort them'], 0, range(0, 1), 'sort them'],
    ['a block', ['/**', ' * Sorts.', ' */', 'f();'], 1, range(0, 3), 'Sorts.'],
    ['SQL', ['-- all of them'], 0, range(0, 1), 'all of them'],
    ['HTML', ['<!-- a table -->'], 0, range(0, 1), 'a table'],
    ['behind code', ['x = 1  # FIXME: two'], 0, range(0, 1), 'FIXME: two'],
  ])('of %s', (_, lines, line, where, text) => {
    expect(commentAt(lines, line)).toEqual({ lines: where, text });
  });

  it.each([
    ['code', ['a = b * c'], 0],
    ['a remark behind code', ['x = 1  # one'], 0],
    ['an address', ["const home = 'http://a.b/TODO';"], 0],
    ['a shebang', ['#!/bin/sh'], 0],
    ['nothing written', ['//'], 0],
    ['beyond the end', ['// a'], 7],
  ])('is none: %s', (_, lines, line) => {
    expect(commentAt(lines, line)).toBeUndefined();
  });
});

describe('the code that a comment speaks of', () => {
  const lines = ['import a', '', '// sort', 'f() {', '  g();', '}', '', 'h();'];

  it('is the innermost function around it', () => {
    expect(codeAround(lines, range(4, 5), [range(0, 8), range(3, 6)])).toEqual(range(3, 6));
  });

  it('is the function below it, the comment included', () => {
    expect(codeAround(lines, range(2, 3), [range(3, 6)])).toEqual(range(2, 6));
  });

  it('is the paragraph below it where no function is known', () => {
    expect(codeAround(lines, range(2, 3), [])).toEqual(range(2, 6));
    expect(codeAround(['# a', 'x'], range(0, 1), [])).toEqual(range(0, 2));
  });
});
