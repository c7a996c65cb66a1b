/** Conditions in code: which there are, where, and which one the cursor means. */
import { describe, expect, it } from 'vitest';
import {
  branchAround,
  type CodeLanguage,
  codeLanguage,
  conditionAt,
  conditionsIn,
  mayBeProved,
} from '../../../../extension/deduction/code.ts';

const texts = (code: string, language: CodeLanguage = 'typescript') =>
  conditionsIn(code, language).map(({ kind, text }) => [kind, text]);

describe('conditions of TypeScript', () => {
  it.each([
    ['assert(x > 0);', 'assertion', 'x > 0'],
    ['assert(x > 0, "x is positive");', 'assertion', 'x > 0'],
    ['assert.ok(x > 0);', 'assertion', 'x > 0'],
    ['console.assert((a || b) && c, { a, b });', 'assertion', '(a || b) && c'],
    ['if (x > 0) {', 'branch', 'x > 0'],
    ['} else if (x === ")") {', 'branch', 'x === ")"'],
    ['while (max(x, y) < 3) x++;', 'branch', 'max(x, y) < 3'],
    ['assert(\n  x > 0 &&\n    y > 0,\n);', 'assertion', 'x > 0 &&\n    y > 0'],
    ['assert(x > 0 /* , not ) */ && y);', 'assertion', 'x > 0 /* , not ) */ && y'],
  ])('%j has one', (code, kind, text) => {
    expect(texts(code)).toEqual([[kind, text]]);
  });

  it.each([
    'function assert(value: boolean): void {}',
    'expect.assert(x > 0)',
    'reassert(x > 0)',
    '// assert(x > 0)',
    '"assert(x > 0)"',
    '`if (x > 0)`',
    '/* if (x) */',
    'if (',
    'assert()',
    'verify(x)',
  ])('%j has none', (code) => {
    expect(texts(code)).toEqual([]);
  });
});

describe('conditions of Python', () => {
  it.each([
    ['assert x > 0', 'assertion', 'x > 0'],
    ['    assert x > 0, "positive"', 'assertion', 'x > 0'],
    ['assert (\n    x > 0\n    and y > 0\n)', 'assertion', '(\n    x > 0\n    and y > 0\n)'],
    ['assert x > 0 and \\\n    y > 0\n', 'assertion', 'x > 0 and \\\n    y > 0'],
    ['assert x == "a, b"', 'assertion', 'x == "a, b"'],
    ['assert x > 0  # always', 'assertion', 'x > 0  # always'],
    ['if x in {1: 2}:', 'branch', 'x in {1: 2}'],
    ['elif (y := x) > 0:', 'branch', '(y := x) > 0'],
    ['while x < 3: x += 1', 'branch', 'x < 3'],
  ])('%j has one', (code, kind, text) => {
    expect(texts(code, 'python')).toEqual([[kind, text]]);
  });

  it.each(['# assert x', '"""\nassert x\n"""', 'assertion = 3', 'x = 1 if y else 2', 'self.assertTrue(x)'])(
    '%j has none',
    (code) => {
      expect(texts(code, 'python')).toEqual([]);
    },
  );
});

it('conditions know their places', () => {
  const code = 'let x = 1;\n\n  if (\n    x > 0\n  ) {}\n';
  const [condition] = conditionsIn(code, 'typescript');
  expect(code.slice(condition!.start, condition!.end)).toBe('x > 0');
  expect(condition!.line).toBe(2);
});

describe('the cursor means', () => {
  const code = 'function f(x) {\n  if (x > 0) {\n    assert(x >= 1);\n\n    return x;\n  }\n  return 0;\n}\n';
  const conditions = conditionsIn(code, 'javascript');

  it('the condition at its line', () => {
    expect(conditionAt(conditions, 1)?.text).toBe('x > 0');
    expect(conditionAt(conditions, 2)?.text).toBe('x >= 1');
    expect(conditionAt(conditions, 4)).toBeUndefined();
  });

  it('the branch that its line is in', () => {
    expect(branchAround(code, conditions, 1)?.text).toBe('x > 0');
    expect(branchAround(code, conditions, 4)?.text).toBe('x > 0');
    expect(branchAround(code, conditions, 6)).toBeUndefined();
  });
});

it.each([
  ['x > 0 && y.length < 3', true],
  ['len(items) > 0 and not (x == "f(x)")', true],
  ['isValid(x)', false],
  ['items[0] > 1', false],
  ['await done', false],
  ['all(x > 0 for x in items)', false],
  ['items.every((x) => x > 0)', false],
])('a lens for %j: %s', (text, expected) => {
  expect(mayBeProved({ text })).toBe(expected);
});

it('only TypeScript, JavaScript and Python can be asked about', () => {
  expect(['typescriptreact', 'javascript', 'python', 'rust'].map(codeLanguage)).toEqual([
    'typescript',
    'javascript',
    'python',
    undefined,
  ]);
});
