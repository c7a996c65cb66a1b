/** The one thing that decides: whether formulas can hold together. */
import { keyOf, type Variable } from '../logic/expression.ts';
import { type Answer, type Query, readAnswers, scriptOf, type Value } from './smt-lib.ts';

export interface CheckOptions {
  timeLimitMs: number;
  signal?: AbortSignal | undefined;
}

/** Values of variables, by `keyOf`. */
export type Assignment = ReadonlyMap<string, Value>;

export type Verdict =
  | { kind: 'satisfiable'; values: Assignment }
  /** Places of assertions that cannot hold together; not minimal. */
  | { kind: 'contradictory'; core: number[] }
  /** Not decided: out of time or memory, or outside what the solver decides. */
  | { kind: 'undecided'; reason: string };

export interface Solver {
  /** A verdict for each query. @throws the signal's reason. */
  check(queries: readonly Query[], options: CheckOptions): Promise<Verdict[]>;
}

/** Runs SMT-LIB text and returns what the solver prints. @throws UndecidedError, or the signal's reason. */
export interface Evaluator {
  evaluate(smtLib: string, options: CheckOptions): Promise<string>;
}

/** There is no answer: the solver ran out of time, or its process ended. */
export class UndecidedError extends Error {
  override readonly name = 'UndecidedError';
}

export class SmtSolver implements Solver {
  private readonly evaluator: Evaluator;

  constructor(evaluator: Evaluator) {
    this.evaluator = evaluator;
  }

  async check(queries: readonly Query[], options: CheckOptions): Promise<Verdict[]> {
    const script = scriptOf(queries);
    try {
      const output = await this.evaluator.evaluate(script.text, options);
      return readAnswers(output, script).map((answer, index) => verdictOf(answer, script.variables[index]!));
    } catch (error) {
      if (!(error instanceof UndecidedError)) throw error;
      return queries.map(() => ({ kind: 'undecided', reason: error.message }));
    }
  }
}

function verdictOf(answer: Answer, variables: readonly Variable[]): Verdict {
  if (answer.kind === 'unknown') return { kind: 'undecided', reason: answer.reason };
  if (answer.kind === 'unsat') return { kind: 'contradictory', core: answer.core };
  const values = variables.map((each, index): [string, Value] => [keyOf(each), answer.values[index]!]);
  return { kind: 'satisfiable', values: new Map(values) };
}
