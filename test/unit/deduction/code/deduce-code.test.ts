import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { deduceCode } from '../../../../server/deduction/code/deduce-code.ts';
import { Grammars } from '../../../../server/deduction/code/grammars.ts';
import { SmtSolver, type Solver } from '../../../../server/deduction/solver/solver.ts';
import { loadZ3 } from '../../../../server/deduction/solver/z3.ts';
import type { Deduction } from '../../../../server/protocol/deduction.ts';

type Language = 'typescript' | 'javascript' | 'python';

const modules = join(import.meta.dirname, '../../../../node_modules');
const grammars = new Grammars((file) => join(modules, basename(file, '.wasm'), file));
let solver: Solver;
beforeAll(async () => {
  solver = new SmtSolver(await loadZ3());
});

/** The line marked `<--`, from 0. */
const marked = (code: string): number => code.split('\n').findIndex((line) => line.includes('<--'));

const run = (language: Language, code: string, question: Parameters<typeof deduceCode>[2]['question']): Promise<Deduction> =>
  deduceCode(grammars, solver, { language, code, question, timeLimitMs: 30_000 });
const holds = (language: Language, code: string, condition: string): Promise<Deduction> =>
  run(language, code, { kind: 'holds', condition, line: marked(code) });
const reachable = (language: Language, code: string): Promise<Deduction> =>
  run(language, code, { kind: 'reachable', line: marked(code) });
const agree = (language: Language, first: string, second: string): Promise<Deduction> =>
  run(language, '', { kind: 'agree', first, second });

type Expected = 'yes' | 'no' | null;

describe('does a condition always hold here, in TypeScript', () => {
  it.each<[string, string, Expected, string]>([
    ['after an early return', 'x > 0', 'yes', 'function f(x: number) {\n if (!(x > 0)) return;\n use(x); // <--\n}'],
    ['NaN passes the opposite guard', 'x > 0', 'no', 'function f(x: number) {\n if (x <= 0) return;\n use(x); // <--\n}'],
    ['within a branch', 'x >= 0', 'yes', 'function f(x: number) {\n if (x > 0 && x < 9) {\n use(x); // <--\n }\n}'],
    ['after a throw', "kind === 'a'", 'yes', "function f(kind: string) {\n if (kind !== 'a') throw new Error();\n go(); // <--\n}"],
    ['of another string', "kind === 'b'", 'no', "function f(kind: string) {\n if (kind !== 'a') throw new Error();\n go(); // <--\n}"],
    ['after an assertion', 'a < c', 'yes', 'function f(a: number, b: number, c: number) {\n assert(a < b);\n assert(b < c);\n go(); // <--\n}'],
    ['console.assert asserts nothing', 'a > 0', 'no', 'function f(a: number) {\n console.assert(a > 0);\n go(); // <--\n}'],
    ['from a precondition', 'n >= 1', 'yes', '/**\n * @pre n > 1\n */\nfunction f(n: number) {\n go(); // <--\n}'],
    ['a precondition of another function', 'n >= 1', 'no', '/** @pre n > 1 */\nfunction g(n: number) {}\n\nfunction f(n: number) {\n go(); // <--\n}'],
    ['after assignments', 'y === 7', 'yes', 'function f(x: number) {\n let y = 3;\n y = y * 2;\n y += 1;\n go(); // <--\n}'],
    ['after steps', 'i === 1', 'yes', 'function f() {\n let i = 0;\n i++;\n go(); // <--\n}'],
    ['both ways meet', 'y > 0', 'yes', 'function f(b: boolean) {\n let y;\n if (b) y = 1; else y = 2;\n go(); // <--\n}'],
    ['one way fails', 'y > 1', 'no', 'function f(b: boolean) {\n let y;\n if (b) y = 1; else y = 2;\n go(); // <--\n}'],
    ['a loop may change it', 'y === 0', null, 'function f(n: number) {\n let y = 0;\n for (let i = 0; i < n; i++) y += 1;\n go(); // <--\n}'],
    ['behind a loop its condition fails', 'i >= 3', null, 'function f(n: number) {\n let i = 0;\n while (i < 3) { i++; }\n go(); // <--\n}'],
    ['within a loop its condition holds', 'i < 3', 'yes', 'function f() {\n let i = 0;\n while (i < 3) {\n go(); // <--\n i++;\n }\n}'],
    ['not behind a break', '!(i < 3)', null, 'function f() {\n let i = 0;\n while (i < 3) {\n if (p()) break;\n i++;\n }\n go(); // <--\n}'],
    ['what a loop leaves alone stays', 'x > 0', 'yes', 'function f(x: number, n: number) {\n if (!(x > 0)) return;\n for (let i = 0; i < n; i++) { go(i); }\n go(); // <--\n}'],
    ['a length is not negative', 's.length >= 0', 'yes', 'function f(s: string) {\n go(); // <--\n}'],
    ['a length may change by a call', 'a.length > 0', null, 'function f(a: number[]) {\n if (a.length === 0) return;\n shrink(a);\n go(); // <--\n}'],
    ['a string keeps its length', 's.length > 0', 'yes', 'function f(s: string) {\n if (s.length === 0) return;\n shrink(s);\n go(); // <--\n}'],
    ['a variable of others may change by a call', 'limit > 0', null, 'let limit = 5;\nfunction f() {\n if (!(limit > 0)) return;\n other();\n go(); // <--\n}'],
    ['a variable of others stays between', 'limit > 0', 'yes', 'function f() {\n if (!(limit > 0)) return;\n let x = 1; // <--\n}'],
    ['the condition itself may call', 'limit > 0', null, 'function f() {\n if (limit > 0 && other()) {\n go(); // <--\n }\n}'],
    ['a closure may change a local', 'x === 1', null, 'function f() {\n let x = 1;\n const g = () => { x = 2; };\n g();\n go(); // <--\n}'],
    ['two variables of one name', 'x === 1', null, 'function f() {\n let x = 1;\n { let x = 2; }\n go(); // <--\n}'],
    ['undefined is excluded', 'x !== undefined', 'yes', 'function f(x?: number) {\n if (x === undefined) return;\n go(); // <--\n}'],
    ['null is not undefined', 'x !== null', 'no', 'function f(x: number | null | undefined) {\n if (x === undefined) return;\n go(); // <--\n}'],
    ['== null excludes both', 'x !== null', 'yes', 'function f(x: number | null | undefined) {\n if (x == null) return;\n go(); // <--\n}'],
    ['a truthy number is not zero', 'n !== 0', 'yes', 'function f(n: number) {\n if (!n) return;\n go(); // <--\n}'],
    ['typeof', "typeof x === 'number'", 'yes', "function f(x: unknown) {\n if (typeof x !== 'number') return;\n go(); // <--\n}"],
    ['else of a typeof', "typeof x === 'number'", null, "function f(x: unknown) {\n if (typeof x === 'string') return;\n go(); // <--\n}"],
    ['a product of variables is not decided', 'x * y >= 0', null, 'function f(x: number, y: number) {\n if (!(x > 0) || !(y > 0)) return;\n go(); // <--\n}'],
    ['scaling keeps order', '2 * x > 4', 'yes', 'function f(x: number) {\n if (!(x > 2)) return;\n go(); // <--\n}'],
    ['no integers in JavaScript', 'x >= 3', 'no', 'function f(x: number) {\n if (!(x > 2)) return;\n go(); // <--\n}'],
    ['destructuring is outside', 'x > 0', null, 'function f(o: { x: number }) {\n const { x } = o;\n go(); // <--\n}'],
    ['switch is outside', 'x > 0', null, 'function f(x: number) {\n switch (x) { case 1: return; }\n go(); // <--\n}'],
    ['what comes later does not matter', 'x > 0', 'yes', 'function f(x: number) {\n if (!(x > 0)) return;\n go(); // <--\n switch (x) { case 1: return; }\n}'],
    ['a line within try cannot be told', 'x > 0', null, 'function f(x: number) {\n if (!(x > 0)) return;\n try {\n go(); // <--\n } catch {}\n}'],
  ])('%s: %s', async (_, condition, expected, code) => {
    const { answer, reason } = await holds('typescript', code, condition);
    expect({ answer, reason }).toMatchObject({ answer: expected });
  });

  it('names premises, proof and what was left out', async () => {
    const code = 'function f(x: number, y: number) {\n if (!(x > 0)) return;\n if (y > 3) return;\n go(); // <--\n}';
    const proved = await holds('typescript', code, 'x > -1');
    expect(proved).toMatchObject({ status: 'entailed', premisesUsed: [1] });
    expect(proved.premises[0]).toMatchObject({ number: 1, text: 'not (!(x > 0)) (line 2)' });
    const outside = await holds('typescript', 'function f(x: number) {\n with (x) {}\n go(); // <--\n}', 'x > 0');
    expect(outside.reason).toMatch(/with statement.* line 2/);
  });

  it('shows values for which a condition fails', async () => {
    const code = 'function f(x: number) {\n if (x < 5) {\n go(); // <--\n }\n}';
    const { status, counterModels } = await holds('typescript', code, 'x < 4');
    expect(status).toBe('refuted');
    const value = Number(counterModels[0]!.values.find(({ name }) => name === 'x')!.value);
    expect(value).toBeLessThan(5);
    expect(value).toBeGreaterThanOrEqual(4);
  });
});

describe('does a condition always hold here, in Python', () => {
  it.each<[string, string, Expected, string]>([
    ['after raise', 'x > 0', 'yes', 'def f(x: int):\n    if x <= 0:\n        raise ValueError\n    go()  # <--'],
    ['integers have no gaps', 'x >= 3', 'yes', 'def f(x: int):\n    if not x > 2:\n        return\n    go()  # <--'],
    ['floats do', 'x >= 3', 'no', 'def f(x: float):\n    if not x > 2:\n        return\n    go()  # <--'],
    ['elif', 'x == 0', 'yes', 'def f(x: int):\n    if x > 0:\n        return 1\n    elif x < 0:\n        return 2\n    else:\n        go()  # <--'],
    ['assert', 'a < b', 'yes', 'def f(a: int, b: int):\n    assert a + 1 == b\n    go()  # <--'],
    ['a chain of comparisons', 'a < c', 'yes', 'def f(a: int, b: int, c: int):\n    assert a < b < c\n    go()  # <--'],
    ['a docstring’s precondition', 'n > 0', 'yes', 'def f(n: int):\n    """Does it.\n\n    :pre: n > 1\n    """\n    go()  # <--'],
    ['Requires:', 'n > 0', 'yes', 'def f(n: int):\n    """Requires: n >= 1."""\n    go()  # <--'],
    ['None is excluded', 'x is not None', 'yes', 'def f(x=None):\n    if x is None:\n        return\n    go()  # <--'],
    ['Optional', 'x is None', 'no', 'def f(x: Optional[int]):\n    go()  # <--'],
    ['len', 'len(a) >= 1', 'yes', 'def f(a: list):\n    if len(a) == 0:\n        return\n    y = 1  # <--'],
    ['len of another name of it', 'len(b) >= 1', 'yes', 'def f(a: list):\n    b = a\n    if len(a) == 0:\n        return\n    y = 1  # <--'],
    ['append changes len', 'len(a) == 0', null, 'def f(a: list):\n    if len(a) != 0:\n        return\n    a.append(1)\n    y = 1  # <--'],
    ['for over a range', 'y == 0', null, 'def f(n: int):\n    y = 0\n    for i in range(n):\n        y += i\n    go()  # <--'],
    ['a global', 'x == 1', null, 'def f():\n    global x\n    x = 1\n    go()\n    z = 2  # <--'],
    ['a nonlocal of a nested function', 'x == 1', null, 'def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n    g()\n    z = 2  # <--'],
    ['a walrus is outside', 'x == 1', null, 'def f():\n    x = 1\n    if (x := 2) > 1:\n        pass\n    go()  # <--'],
    ['an import binds', 'x == 1', null, 'def f():\n    x = 1\n    import x\n    y = 1  # <--'],
    ['several targets are outside', 'x == 1', null, 'def f():\n    x = 1\n    x, y = 2, 3\n    go()  # <--'],
    ['with is outside', 'x > 0', null, 'def f(x: int):\n    assert x > 0\n    with lock:\n        x = -1\n    go()  # <--'],
    ['truth of a string', "s != ''", 'yes', "def f(s: str):\n    if not s:\n        return\n    go()  # <--"],
    ['division is outside', 'x / 2 > 0', null, 'def f(x: int):\n    assert x > 0\n    go()  # <--'],
    ['is with a number is outside', 'x is 3', null, 'def f(x: int):\n    assert x == 3\n    go()  # <--'],
    ['an unknown call decides nothing', 'x > 0', null, 'def f():\n    x = read()\n    go()  # <--'],
    ['but what is asserted of it does', 'x > 0', 'yes', 'def f():\n    x = read()\n    assert x > 1\n    go()  # <--'],
  ])('%s: %s', async (_, condition, expected, code) => {
    const { answer, reason } = await holds('python', code, condition);
    expect({ answer, reason }).toMatchObject({ answer: expected });
  });
});

describe('can this branch be reached', () => {
  it.each<[string, Language, Expected, string]>([
    ['a condition that others exclude', 'typescript', 'no', 'function f(x: number) {\n if (x > 5) return;\n if (x > 9) { // <--\n go();\n }\n}'],
    ['one that they leave', 'typescript', 'yes', 'function f(x: number) {\n if (x > 5) return;\n if (x > 3) { // <--\n go();\n }\n}'],
    ['an integer between', 'python', 'no', 'def f(x: int):\n    if x > 2 and x < 3:  # <--\n        go()'],
    ['behind statements that all leave', 'python', 'no', 'def f(x: int):\n    if x > 0:\n        return\n    else:\n        raise E\n    go()  # <--'],
    ['what a call decides', 'python', null, 'def f():\n    if check():  # <--\n        go()'],
    ['what a call decides, excluded', 'python', 'no', 'def f(x: int):\n    assert x > 0\n    if check() and x < 0:  # <--\n        go()'],
    ['an elif', 'python', 'no', 'def f(x: int):\n    if x > 0:\n        pass\n    elif x > 1:  # <--\n        go()'],
  ])('%s', async (_, language, expected, code) => {
    const { answer, reason } = await reachable(language, code);
    expect({ answer, reason }).toMatchObject({ answer: expected });
  });

  it('shows values that lead there', async () => {
    const code = 'def f(x: int):\n    if x > 2 and x < 4:  # <--\n        go()';
    const { counterModels } = await reachable('python', code);
    expect(counterModels).toEqual([{ values: [{ name: 'x', value: '3' }], answer: 'yes' }]);
  });
});

describe('do two conditions agree', () => {
  it.each<[Language, string, string, Expected]>([
    ['python', 'x > 0 and y > 0', 'not (x <= 0 or y <= 0)', 'no'],
    ['typescript', 'a && b', '!(!a || !b)', 'yes'],
    ['typescript', 'x > 0', '0 < x', 'yes'],
    ['typescript', 'x >= 1', 'x > 0', 'no'],
    ['typescript', "s === 'a' || s === 'b'", "!(s !== 'a' && s !== 'b')", 'yes'],
    ['typescript', 'x === null', 'x == null', 'no'],
    ['python', 'len(a) == 0', 'not len(a) > 0', 'yes'],
    ['python', 'f(x)', 'f(x)', null],
  ])('%s: %s and %s', async (language, first, second, expected) => {
    const { answer, reason } = await agree(language, first, second);
    expect({ answer, reason }).toMatchObject({ answer: expected });
  });
});

describe('what is no question', () => {
  it('is refused in one sentence', async () => {
    const code = 'def f(x: int):\n    go()  # <--\n\n# end';
    expect((await holds('python', code, 'x >')).reason).toMatch(/^“x >” is no condition/);
    expect((await holds('python', code, 'x = 3')).reason).toMatch(/no condition/);
    expect((await holds('python', code, 'x) or (y')).answer).toBeNull();
    expect((await run('python', code, { kind: 'reachable', line: 3 })).reason).toBe('No statement begins in line 4.');
    expect((await run('python', code, { kind: 'reachable', line: 900 })).reason).toMatch(/^No statement/);
  });

  it('with one name as two types is not answered', async () => {
    expect(await agree('javascript', 'x > 1', "x === 'a'")).toMatchObject({
      answer: null,
      reason: expect.stringMatching(/unlike or unknown type/) as string,
    });
  });

  it('survives garbage and depth', async () => {
    const deep = `if (${'('.repeat(300)}x${')'.repeat(300)}) {} // <--`;
    expect((await reachable('javascript', deep)).status).toBeDefined();
    expect((await reachable('javascript', '}{ <-- ]][[ \0')).reason).toMatch(/syntax error/);
  });
});
