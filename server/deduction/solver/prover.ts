/** What follows from premises: every answer here rests on the solver's `contradictory`, every doubt on its models. */
import { type Expression, not } from '../logic/expression.ts';
import type { Query } from './smt-lib.ts';
import type { Solver, Verdict } from './solver.ts';

export type Decided = Exclude<Verdict, { kind: 'undecided' }>;

/** Out of time, or outside what the solver decides: nothing may be concluded. */
export class Undecided extends Error {
  override readonly name = 'Undecided';
}

export interface Limits {
  /** For all questions together. */
  timeLimitMs: number;
  signal?: AbortSignal | undefined;
}

export class Prover {
  private readonly solver: Solver;
  private readonly deadline: number;
  private readonly signal: AbortSignal | undefined;

  constructor(solver: Solver, { timeLimitMs, signal }: Limits) {
    this.solver = solver;
    this.deadline = performance.now() + timeLimitMs;
    this.signal = signal;
  }

  /**
   * Of each query values under which all its formulas hold, or those that cannot hold together.
   * @throws Undecided, or the signal's reason.
   */
  async check(queries: readonly Query[]): Promise<Decided[]> {
    const timeLimitMs = this.deadline - performance.now();
    if (timeLimitMs <= 0) throw new Undecided('The time limit was reached before the question was decided.');
    if (queries.length === 0) return [];
    const verdicts = await this.solver.check(queries, { timeLimitMs, signal: this.signal });
    return verdicts.map((verdict) => {
      if (verdict.kind === 'undecided') throw new Undecided(verdict.reason);
      return verdict;
    });
  }

  /** Of each pair whether the conclusion holds wherever all premises hold. @throws as check. */
  async follow(pairs: readonly { premises: Query; conclusion: Expression }[]): Promise<boolean[]> {
    const verdicts = await this.check(pairs.map(({ premises, conclusion }) => [...premises, not(conclusion)]));
    return verdicts.map(({ kind }) => kind === 'contradictory');
  }

  async follows(premises: Query, conclusion: Expression): Promise<boolean> {
    const [answer] = await this.follow([{ premises, conclusion }]);
    return answer!;
  }

  /**
   * A smallest set of premises that cannot hold together with the formulas: without any one of them it can.
   * @param core places among the premises of a set that cannot; others are passed over.
   * @returns places among the premises, in order. What time does not suffice for stays in.
   */
  async minimize(premises: Query, core: readonly number[], formulas: Query = []): Promise<number[]> {
    let kept = core.filter((place) => place < premises.length).sort((a, b) => a - b);
    try {
      for (;;) {
        const without = kept.map((left) => kept.filter((place) => place !== left));
        const verdicts = await this.check(
          without.map((places) => [...places.map((place) => premises[place]!), ...formulas]),
        );
        const smaller = without.find((_, index) => verdicts[index]!.kind === 'contradictory');
        if (smaller === undefined) return kept;
        kept = smaller;
      }
    } catch (error) {
      if (error instanceof Undecided) return kept;
      throw error;
    }
  }
}
