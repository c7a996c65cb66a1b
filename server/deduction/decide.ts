/**
 * Whether premises settle a goal: contradictions first, then proof, else two states of affairs in which all premises
 * hold and the goal's answers differ, and a single statement that would settle it.
 */
import {
  apply,
  type Expression,
  keyOf,
  not,
  number,
  type Variable,
  variablesOf,
} from './logic/expression.ts';
import { Rational } from './logic/rational.ts';
import type { Value } from './solver/smt-lib.ts';
import type { Assignment } from './solver/solver.ts';
import { type Decided, type Prover, Undecided } from './solver/prover.ts';

/** What is asked: the value of a variable, or the truth of a formula. */
export type Question = { kind: 'value'; variable: Variable } | { kind: 'truth'; formula: Expression };

export interface State {
  values: { variable: Variable; value: Value }[];
  answer: string;
}

export type Decision =
  /** `conclusion` is what was proved; `used` are places of the premises it needs. */
  | { kind: 'proved'; answer: string; conclusion: Expression; used: number[] }
  | { kind: 'contradictory'; used: number[] }
  | { kind: 'open'; states: State[]; missing: Expression | undefined }
  | { kind: 'undecided'; reason: string };

/** @throws the signal's reason. */
export async function decide(
  prover: Prover,
  premises: readonly Expression[],
  question: Question,
): Promise<Decision> {
  try {
    const [verdict] = (await prover.check([premises])) as [Decided];
    if (verdict.kind === 'contradictory')
      return { kind: 'contradictory', used: await prover.minimize(premises, verdict.core) };
    return question.kind === 'value'
      ? await decideValue(prover, premises, question.variable, verdict.values)
      : await decideTruth(prover, premises, question.formula);
  } catch (error) {
    if (error instanceof Undecided) return { kind: 'undecided', reason: error.message };
    throw error;
  }
}

async function decideValue(
  prover: Prover,
  premises: readonly Expression[],
  asked: Variable,
  values: Assignment,
): Promise<Decision> {
  const value = values.get(keyOf(asked)) ?? Rational.ZERO;
  if (!(value instanceof Rational)) return { kind: 'undecided', reason: 'The question asks for no number.' };
  const conclusion = apply('=', asked, number(value));
  const [other] = (await prover.check([[...premises, not(conclusion)]])) as [Decided];
  if (other.kind === 'contradictory') {
    const used = await prover.minimize(premises, other.core, [not(conclusion)]);
    return { kind: 'proved', answer: value.toString(), conclusion, used };
  }
  const states = [values, other.values].map((each) => stateOf(premises, each, asked, valueText(each, asked)));
  const missing = await findMissing(prover, premises, asked, values, [conclusion]);
  return { kind: 'open', states, missing };
}

const valueText = (values: Assignment, asked: Variable): string => describeValue(values.get(keyOf(asked)) ?? Rational.ZERO);

async function decideTruth(
  prover: Prover,
  premises: readonly Expression[],
  formula: Expression,
): Promise<Decision> {
  const [against, inFavour] = (await prover.check([
    [...premises, not(formula)],
    [...premises, formula],
  ])) as [Decided, Decided];
  const proved = async (answer: string, conclusion: Expression, core: readonly number[]): Promise<Decision> => {
    const used = await prover.minimize(premises, core, [not(conclusion)]);
    return { kind: 'proved', answer, conclusion, used };
  };
  if (against.kind === 'contradictory') return proved('yes', formula, against.core);
  if (inFavour.kind === 'contradictory') return proved('no', not(formula), inFavour.core);
  const states = [
    stateOf([...premises, formula], inFavour.values, undefined, 'yes'),
    stateOf([...premises, formula], against.values, undefined, 'no'),
  ];
  const missing = await findMissing(prover, premises, formula, inFavour.values, [formula, not(formula)]);
  return { kind: 'open', states, missing };
}

function stateOf(
  premises: readonly Expression[],
  values: Assignment,
  asked: Variable | undefined,
  answer: string,
): State {
  const variables = variablesOf(...premises, ...(asked === undefined ? [] : [asked]));
  return {
    values: variables.map((each) => ({ variable: each, value: values.get(keyOf(each)) ?? freeValue(each) })),
    answer,
  };
}

/** A variable that the solver left out may have any value. */
const freeValue = ({ sort }: Variable): Value => (sort === 'bool' ? false : sort === 'string' ? '' : Rational.ZERO);

/** Beyond, the search takes longer than a person waits for a hint. */
const MAX_CANDIDATES = 40;

/**
 * A statement about one thing other than what is asked that settles the question: that a proposition is true, or false,
 * or that a name has the value it has in one of the states. Near ones, by premises that link them, come first. Undefined
 * also if time does not suffice.
 */
async function findMissing(
  prover: Prover,
  premises: readonly Expression[],
  asked: Expression,
  values: Assignment,
  answers: readonly Expression[],
): Promise<Expression | undefined> {
  const candidates = nearest(premises, asked)
    .slice(0, MAX_CANDIDATES)
    .flatMap((candidate) => statementsOf(candidate, values));
  try {
    const against = [[], ...answers.map((answer) => [not(answer)])];
    const queries = candidates.flatMap((statement) =>
      against.map((denied) => [...premises, statement, ...denied]),
    );
    const verdicts = await prover.check(queries);
    return candidates.find((_, index) => {
      const [possible, ...denied] = verdicts.slice(index * against.length, (index + 1) * against.length);
      // A statement that contradicts the premises settles nothing.
      return possible!.kind === 'satisfiable' && denied.some(({ kind }) => kind === 'contradictory');
    });
  } catch (error) {
    if (error instanceof Undecided) return undefined;
    throw error;
  }
}

function statementsOf(candidate: Variable, values: Assignment): Expression[] {
  if (candidate.sort === 'bool') return [candidate, not(candidate)];
  const value = values.get(keyOf(candidate));
  return value instanceof Rational ? [apply('=', candidate, number(value))] : [];
}

/** All variables but those asked for, breadth first over the premises that share one. */
function nearest(premises: readonly Expression[], asked: Expression): Variable[] {
  const goals = variablesOf(asked);
  const seen = new Set(goals.map(keyOf));
  const queue = [...goals];
  const found: Variable[] = [];
  const links = premises.map((premise) => variablesOf(premise));
  for (const next of queue)
    for (const link of links.filter((each) => each.some((other) => keyOf(other) === keyOf(next))))
      for (const other of link.filter((each) => !seen.has(keyOf(each)))) {
        seen.add(keyOf(other));
        queue.push(other);
        found.push(other);
      }
  // With several propositions asked for at once, one of them may settle the others.
  return goals.length > 1 ? [...found, ...goals] : found;
}

export const describeValue = (value: Value): string =>
  typeof value === 'boolean' ? (value ? 'true' : 'false') : typeof value === 'string' ? JSON.stringify(value) : value.toString();
