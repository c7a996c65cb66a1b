/**
 * Questions about code, answered without a model: what holds at a line, whether a branch can be entered, whether two
 * conditions agree. A proof holds for every run; an example is given as one only if nothing in it was left out of account.
 */
import type { z } from 'zod';
import type { DeduceCodeParams, Deduction, FormalPremise } from '../../protocol/deduction.ts';
import { describeValue } from '../decide.ts';
import { printFormula } from '../formal/print.ts';
import { apply, type Expression, keyOf, not, type Variable, variablesOf } from '../logic/expression.ts';
import { type Decided, Prover, Undecided } from '../solver/prover.ts';
import { exportScript } from '../solver/smt-lib.ts';
import type { Assignment, Solver } from '../solver/solver.ts';
import { type Constraint, type Path, pathsTo, UnsupportedError } from './execute.ts';
import type { Grammars } from './grammars.ts';
import { javascript } from './javascript.ts';
import { SourceError, type Language, type Routine } from './program.ts';
import { python } from './python.ts';
import { Evaluator, type Outside } from './values.ts';

export type CodeTask = Pick<z.output<typeof DeduceCodeParams>, 'code' | 'language' | 'question' | 'timeLimitMs'>;

/** A formula that is asked of one way through the code. */
interface Case {
  constraints: readonly Constraint[];
  formula: Expression;
}

/** always: in every case? possible: in some? */
interface Asked {
  mode: 'always' | 'possible';
  cases: Case[];
  /** What is asked, in words. */
  goal: string;
}

/** @throws the signal's reason. */
export async function deduceCode(
  grammars: Grammars,
  solver: Solver,
  task: CodeTask,
  signal?: AbortSignal,
): Promise<Deduction> {
  const startedAt = performance.now();
  const parse = await grammars.parser(task.language);
  const language = task.language === 'python' ? python(parse) : javascript(parse);
  const evaluator = new Evaluator(task.language === 'python' ? 'python' : 'javascript');
  const prover = new Prover(solver, { timeLimitMs: task.timeLimitMs, signal });
  try {
    const asked = casesOf(task, language, evaluator);
    if (typeof asked === 'string') return abstained(asked);
    const result = await answer(asked, evaluator, prover);
    return { ...result, ms: { ...EMPTY.ms, solve: performance.now() - startedAt } };
  } catch (error) {
    if (error instanceof UnsupportedError || error instanceof SourceError || error instanceof Undecided)
      return abstained(asSentence(error.message));
    throw error;
  }
}

const EMPTY: Deduction = {
  status: 'abstained',
  answer: null,
  reason: '',
  goal: null,
  premises: [],
  derivation: [],
  premisesUsed: [],
  counterModels: [],
  missing: null,
  smtLib: '',
  model: null,
  proposed: null,
  ms: { formalize: 0, deduce: 0, solve: 0 },
};

const asSentence = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;

const abstained = (reason: string): Deduction => ({ ...EMPTY, reason });

/** What is asked, or why it cannot be. */
function casesOf({ code, question }: CodeTask, language: Language, evaluator: Evaluator): Asked | string {
  if (question.kind === 'agree') return agreement(question, language, evaluator);
  const routine = language.routineAt(code, question.line);
  const arrival = pathsTo(routine, question.line, evaluator);
  if (arrival === undefined) return `No statement begins in line ${question.line + 1}.`;
  const { statement, paths } = arrival;
  if (question.kind === 'holds') {
    const condition = language.condition(question.condition);
    const cases = paths.map((path) => caseOf(path, evaluator.truth(condition, path)));
    return { mode: 'always', cases, goal: `${question.condition} in line ${question.line + 1}` };
  }
  const condition = 'condition' in statement ? statement.condition : undefined;
  const cases = paths.map((path) =>
    caseOf(path, condition === undefined ? { kind: 'boolean', value: true } : evaluator.truth(condition, path)),
  );
  const what = condition === undefined ? 'the statement' : 'the branch';
  return { mode: 'possible', cases, goal: `${what} in line ${question.line + 1} can be reached` };
}

const caseOf = ({ constraints }: Path, formula: Expression): Case => ({ constraints: [...constraints], formula });

function agreement(
  { first, second }: { first: string; second: string },
  language: Language,
  evaluator: Evaluator,
): Asked | string {
  const routine: Routine = {
    parameters: new Map(),
    body: [{ line: 0, endLine: 0, kind: 'nothing' }],
    preconditions: [],
    locals: new Set(),
    shared: new Set(),
  };
  const [path] = pathsTo(routine, 0, evaluator)!.paths;
  const conditions = [first, second].map((text) => language.condition(text));
  // Twice, so that what one of them says of a name's type is known for both.
  const [one, other] = [...conditions, ...conditions].map((each) => evaluator.truth(each, path!)).slice(2);
  return {
    mode: 'always',
    cases: [caseOf(path!, apply('iff', one!, other!))],
    goal: `${first} agrees with ${second}`,
  };
}

async function answer(asked: Asked, evaluator: Evaluator, prover: Prover): Promise<Deduction> {
  const { mode, cases, goal } = asked;
  const premises = premisesOf(cases);
  const base = { ...EMPTY, goal, premises };
  const reachable = await prover.check(cases.map(({ constraints }) => constraints.map(({ formula }) => formula)));
  const living = cases.filter((_, index) => reachable[index]!.kind === 'satisfiable');
  const dead = usedIn(cases, reachable, premises);
  if (living.length === 0 && mode === 'always')
    return { ...base, status: 'contradictory', premisesUsed: dead, reason: 'No way leads to this line.' };
  const queries = living.map(({ constraints, formula }) => [
    ...constraints.map((each) => each.formula),
    mode === 'always' ? not(formula) : formula,
  ]);
  const verdicts = await prover.check(queries);
  const smtLib = queries[0] === undefined ? '' : exportScript(queries[0].slice(0, -1), queries[0].at(-1)!);
  const examples = verdicts.flatMap((verdict, index) =>
    verdict.kind === 'satisfiable' ? [{ values: verdict.values, query: queries[index]! }] : [],
  );
  if (examples.length === 0) {
    const used = [...new Set([...usedIn(living, verdicts, premises), ...dead])];
    const isYes = mode === 'always';
    return {
      ...base,
      smtLib,
      status: isYes ? 'entailed' : 'refuted',
      answer: isYes ? 'yes' : 'no',
      premisesUsed: used.sort((a, b) => a - b),
      reason: `${isYes ? 'It holds in every run' : 'No run can get there'}${provided(evaluator)}.`,
    };
  }
  return { ...base, smtLib, ...exampleResult(mode, examples, evaluator) };
}

/** An example counts if nothing in it was left out of account; else there is no answer. */
function exampleResult(
  mode: Asked['mode'],
  examples: readonly { values: Assignment; query: readonly Expression[] }[],
  evaluator: Evaluator,
): Pick<Deduction, 'status' | 'answer' | 'counterModels' | 'reason'> {
  const { unsure } = evaluator;
  const doubtsOf = (query: readonly Expression[]): Outside[] =>
    variablesOf(...query).flatMap((each) => unsure.get(keyOf(each)) ?? []);
  const sure = examples.find(({ query }) => doubtsOf(query).length === 0);
  const shown = sure ?? examples[0]!;
  const answerThere = mode === 'always' ? 'no' : 'yes';
  const counterModels = [{ values: describeState(shown.values, variablesOf(...shown.query)), answer: answerThere }];
  if (sure === undefined) {
    const [doubt] = doubtsOf(shown.query);
    const reason = `Not decided: ${doubt!.construct.replace(/,$/, '')}${doubt!.line === 0 ? '' : ` (line ${doubt!.line + 1})`} is outside the subset and may have any value.`;
    return { status: 'abstained', answer: null, counterModels, reason };
  }
  return mode === 'always'
    ? { status: 'refuted', answer: 'no', counterModels, reason: `It fails for the values shown${provided(evaluator)}.` }
    : { status: 'entailed', answer: 'yes', counterModels, reason: `The values shown lead there${provided(evaluator)}.` };
}

const describeState = (values: Assignment, variables: readonly Variable[]) =>
  variables.flatMap((each) => {
    const value = values.get(keyOf(each));
    return value === undefined ? [] : [{ name: each.name, value: describeValue(value) }];
  });

const provided = ({ assumptions }: Evaluator): string =>
  assumptions.size === 0 ? '' : `, provided that ${[...assumptions].join(', and that ')}`;

const nameOf = ({ name }: Variable): string => name;

const keyOfConstraint = ({ text, line, formula }: Constraint): string => `${line}\n${text}\n${printFormula(formula, nameOf)}`;

/** Every constraint once, in the order of the source. */
function premisesOf(cases: readonly Case[]): FormalPremise[] {
  const unique = new Map(cases.flatMap(({ constraints }) => constraints.map((each) => [keyOfConstraint(each), each])));
  return [...unique.values()]
    .sort((a, b) => a.line - b.line)
    .map((each, index) => ({
      number: index + 1,
      text: each.line === 0 && each.text.endsWith('≥ 0') ? each.text : `${each.text} (line ${each.line + 1})`,
      formal: printFormula(each.formula, nameOf),
    }));
}

/** Numbers of the premises that the proofs of all cases need. */
function usedIn(
  cases: readonly Case[],
  verdicts: readonly Decided[],
  premises: readonly FormalPremise[],
): number[] {
  const used = new Set<number>();
  for (const [index, { constraints }] of cases.entries()) {
    const verdict = verdicts[index]!;
    if (verdict.kind !== 'contradictory') continue;
    for (const place of verdict.core.filter((each) => each < constraints.length))
      used.add(numberOf(constraints[place]!, premises));
  }
  return [...used].sort((a, b) => a - b);
}

function numberOf(constraint: Constraint, premises: readonly FormalPremise[]): number {
  const formal = printFormula(constraint.formula, nameOf);
  return premises.find((each) => each.formal === formal && each.text.startsWith(constraint.text))!.number;
}
