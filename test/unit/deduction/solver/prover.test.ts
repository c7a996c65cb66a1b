import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Decision, decide, type Question } from '../../../../server/deduction/decide.ts';
import { parseFormula } from '../../../../server/deduction/formal/parse.ts';
import { printFormula } from '../../../../server/deduction/formal/print.ts';
import { areEquivalent } from '../../../../server/deduction/logic/equivalence.ts';
import { apply, not, variable } from '../../../../server/deduction/logic/expression.ts';
import { Prover, Undecided } from '../../../../server/deduction/solver/prover.ts';
import { readAnswers, scriptOf } from '../../../../server/deduction/solver/smt-lib.ts';
import { SmtSolver, type Solver } from '../../../../server/deduction/solver/solver.ts';
import { loadZ3 } from '../../../../server/deduction/solver/z3.ts';
import { anyFormula } from '../formulas.ts';

let solver: Solver;
beforeAll(async () => {
  solver = new SmtSolver(await loadZ3());
});

const ask = (premises: string[], question: Question, timeLimitMs = 20_000): Promise<Decision> =>
  decide(new Prover(solver, { timeLimitMs }), premises.map(parseFormula), question);
const price = (name: string): Question => ({ kind: 'value', variable: variable(name, 'real') });
const truth = (formula: string): Question => ({ kind: 'truth', formula: parseFormula(formula) });

describe('a number', () => {
  it('is proved from the premises it needs alone', async () => {
    const premises = ['[tea] = 4', '[pasta] = 2 * [soup] - 1', '[soup] = 6', '[cake] = [pasta] + [soup]'];
    expect(await ask(premises, price('cake'))).toMatchObject({ kind: 'proved', answer: '17', used: [1, 2, 3] });
  });

  it('is proved by solving for a name on the right, and from inequalities that leave one value', async () => {
    expect(await ask(['7 = 2 * [a] + 2'], price('a'))).toMatchObject({ kind: 'proved', answer: '2.5' });
    expect(await ask(['[a] <= 3', '[a] >= 3'], price('a'))).toMatchObject({ answer: '3', used: [0, 1] });
  });

  it('is open where two states of affairs differ, and what is missing settles it', async () => {
    const premises = ['[pasta] = 2 * [soup] - 1', '[tea] = 4'];
    const decision = await ask(premises, price('pasta'));
    if (decision.kind !== 'open') throw new Error(decision.kind);
    const [one, other] = decision.states;
    expect(one!.answer).not.toBe(other!.answer);
    const missing = printFormula(decision.missing!);
    expect(missing).toMatch(/^\[soup\] = /);
    expect(await ask([...premises, missing], price('pasta'))).toMatchObject({ kind: 'proved' });
  });

  it('of which nothing is said is open, and no other statement settles it', async () => {
    expect(await ask(['[tea] = 4'], price('pasta'))).toMatchObject({ kind: 'open', missing: undefined });
    expect(await ask([], price('pasta'))).toMatchObject({ kind: 'open' });
  });
});

describe('a truth', () => {
  const rules = ['[a] & ![b] -> [g]', '[c] -> [a]', '[c]', '[d] -> ![b]'];

  it('is proved, refuted or left open', async () => {
    expect(await ask([...rules, '[d]'], truth('[g]'))).toMatchObject({ answer: 'yes', used: [0, 1, 2, 3, 4] });
    expect(await ask(['[a] -> [b]', '![b]', '[c]'], truth('[a]'))).toMatchObject({ answer: 'no', used: [0, 1] });
    const open = await ask(rules, truth('[g]'));
    expect(open).toMatchObject({ kind: 'open', states: [{ answer: 'yes' }, { answer: 'no' }] });
  });

  it('names a statement that would settle it', async () => {
    const open = await ask(rules, truth('[g]'));
    if (open.kind !== 'open') throw new Error(open.kind);
    const settled = await ask([...rules, printFormula(open.missing!)], truth('[g]'));
    expect(settled.kind).toBe('proved');
  });

  it('does not follow from affirming the consequent or denying the antecedent', async () => {
    expect(await ask(['[a] -> [b]', '[b]'], truth('[a]'))).toMatchObject({ kind: 'open' });
    expect(await ask(['[a] -> [b]', '![a]'], truth('[b]'))).toMatchObject({ kind: 'open' });
  });

  it('of a tautology needs no premise', async () => {
    expect(await ask([], truth('[a] | ![a]'))).toMatchObject({ answer: 'yes', used: [] });
  });
});

describe('contradictory premises', () => {
  it('are reported with the smallest set, and nothing follows', async () => {
    const premises = ['[tea] = 4', '[a] -> [b]', '[a]', '[soup] = 1', '![b]'];
    expect(await ask(premises, truth('[c]'))).toEqual({ kind: 'contradictory', used: [1, 2, 4] });
    expect(await ask(['[soup] = 1', '[soup] = 2'], price('tea'))).toMatchObject({ kind: 'contradictory' });
  });
});

describe('a minimal set', () => {
  it('loses its power with any one premise taken away', async () => {
    const texts = ['[a] = 1', '[b] = [a] + 1', '[c] = [b] + 1', '[a] = 3 - [b]', '[d] = 9', '[c] > [a]'];
    const decision = await ask(texts, price('c'));
    if (decision.kind !== 'proved') throw new Error(decision.kind);
    for (const left of decision.used) {
      const rest = decision.used.filter((place) => place !== left).map((place) => texts[place]!);
      expect(await ask(rest, price('c'))).not.toMatchObject({ answer: decision.answer });
    }
  });
});

describe('the solver', () => {
  it('agrees with truth tables on random formulas', async () => {
    const prover = new Prover(solver, { timeLimitMs: 50_000 });
    await fc.assert(
      fc.asyncProperty(anyFormula, anyFormula, async (a, b) => {
        // Whether relations exclude each other only the solver sees, so tables that agree are proved equal, no more.
        if (!areEquivalent(a, b)) return;
        expect(await prover.follows([a], b)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('is told what no name or text can break out of', async () => {
    const hostile = ['x) (assert false', '|', '"', '\\u{22}', ';', '\n(reset)'];
    const texts = hostile.map((text, index) =>
      apply('=', variable(text, 'string'), { kind: 'string', value: hostile[(index + 1) % hostile.length]! }),
    );
    const prover = new Prover(solver, { timeLimitMs: 20_000 });
    const [verdict] = await prover.check([texts]);
    if (verdict?.kind !== 'satisfiable') throw new Error(verdict?.kind);
    expect([...verdict.values.values()]).toEqual([...hostile.slice(1), hostile[0]]);
    expect(scriptOf([texts]).text).not.toMatch(/[|;]|\(reset|\(assert false/);
  });

  it('decides nothing after its time', async () => {
    const prover = new Prover(solver, { timeLimitMs: -1 });
    await expect(prover.follows([], not(variable('a', 'bool')))).rejects.toThrow(Undecided);
    expect(await ask(['[a] = 1'], price('a'), 0)).toMatchObject({ kind: 'undecided' });
  });

  it.each([
    '',
    'query 0\nunknown',
    'query 0\n(error "out of memory")',
    'query 0\nsat',
    'query 0\nsat\n((x0 (root-obj 1 2)))',
    'query 0\nunsat\n(error "x")',
    'query 0\nsatisfied',
    'unsat\n(a0-0)',
    'query 0\nunsat\n(a0-0)\nquery 1\nsat',
  ])('concludes nothing from %j', (output) => {
    const script = scriptOf([[parseFormula('[a] = 1')]]);
    expect(readAnswers(output, script)).toMatchObject([{ kind: 'unknown' }]);
  });
});
