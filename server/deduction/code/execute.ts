/**
 * Runs a routine with formulas in the place of values, up to a line: every way there, with what must hold on it. Names
 * are single-valued between assignments; a loop makes anything of what it assigns; a call may change whatever is not the
 * routine's own.
 */
import { apply, type Expression, not, number } from '../logic/expression.ts';
import type { Routine, SourceExpression, Statement } from './program.ts';
import type { Evaluator, Outside, Scope, Value } from './values.ts';

export interface Constraint {
  formula: Expression;
  /** As the source has it. */
  text: string;
  line: number;
}

/** One way to a place. */
export interface Path extends Scope {
  constraints: readonly Constraint[];
}

export interface Arrival {
  /** The statement that stands there. */
  statement: Statement;
  paths: Path[];
}

/** What stands before the place is outside the subset. */
export class UnsupportedError extends Error {
  override readonly name = 'UnsupportedError';
  readonly outside: Outside;

  constructor(outside: Outside) {
    super(`${outside.construct} in line ${outside.line + 1} is outside the subset`);
    this.outside = outside;
  }
}

/** More ways to a line than these are not followed. */
const MAX_PATHS = 64;

/** @throws UnsupportedError; undefined if no statement stands at the line. */
export function pathsTo(routine: Routine, line: number, evaluator: Evaluator): Arrival | undefined {
  const target = statementAt(routine.body, line);
  if (target === undefined) return undefined;
  if (target.line !== line && target.kind === 'unsupported') throw new UnsupportedError(target);
  // Between the parts of a statement nothing stands.
  if (target.line !== line && (target.kind === 'if' || target.kind === 'loop')) return undefined;
  const start = new State(routine, evaluator);
  for (const { condition, text, line: at } of routine.preconditions)
    start.constrain(evaluator.truth(condition, start), text, at);
  const execution = new Execution(target);
  execution.run(routine.body, [start]);
  return { statement: target, paths: execution.arrived };
}

/** The statement that begins at the line; else the innermost around it. */
function statementAt(statements: readonly Statement[], line: number): Statement | undefined {
  const around = statements.filter((each) => each.line <= line && line <= each.endLine);
  const inner = around.map((each) => statementAt(partsOf(each), line)).find((each) => each !== undefined);
  const beginning = around.find((each) => each.line === line);
  return beginning ?? inner ?? around[0];
}

function partsOf(statement: Statement): Statement[] {
  if (statement.kind === 'if') return [...statement.then, ...statement.else];
  return statement.kind === 'loop' ? statement.body : [];
}

class Execution {
  readonly arrived: State[] = [];
  private readonly target: Statement;

  constructor(target: Statement) {
    this.target = target;
  }

  /** The states behind the statements; none where they all leave. */
  run(statements: readonly Statement[], states: State[]): State[] {
    return statements.reduce((before, statement) => this.step(statement, before), states);
  }

  private step(statement: Statement, states: State[]): State[] {
    if (states.length === 0) return [];
    if (states.length > MAX_PATHS)
      throw new UnsupportedError({ construct: `more than ${MAX_PATHS} ways through the code`, line: statement.line });
    if (statement === this.target && statement.kind !== 'loop') this.arrive(states);
    switch (statement.kind) {
      case 'nothing':
        return states;
      case 'exit':
        return [];
      case 'effect':
        for (const state of states) state.disturb(statement.line);
        return states;
      case 'assign':
        for (const state of states) state.assign(statement);
        return states;
      case 'assert':
        for (const state of states) {
          const truth = state.truth(statement.condition);
          state.constrain(truth, statement.text, statement.line);
        }
        return states;
      case 'if':
        return this.branch(statement, states);
      case 'loop':
        return this.loop(statement, states);
      case 'unsupported':
        for (const state of states) state.lost ??= statement;
        return states;
    }
  }

  private arrive(states: State[]): void {
    const lost = states.map((state) => state.lost).find((outside) => outside !== undefined);
    if (lost !== undefined) throw new UnsupportedError(lost);
    this.arrived.push(...states.map((state) => state.copy()));
  }

  private branch(statement: Statement & { kind: 'if' }, states: State[]): State[] {
    const { condition, text, line } = statement;
    const [holding, failing]: [State[], State[]] = [[], []];
    for (const state of states) {
      const truth = state.truth(condition);
      const other = state.copy();
      holding.push(state.constrain(truth, text, line));
      failing.push(other.constrain(not(truth), `not (${text})`, line));
    }
    return [...this.run(statement.then, holding), ...this.run(statement.else, failing)];
  }

  private loop(statement: Statement & { kind: 'loop' }, states: State[]): State[] {
    const { condition, text, line, body, assigned, canBreak } = statement;
    const behind: State[] = [];
    for (const state of states) {
      state.forget(assigned, line);
      state.disturb(line);
      if (statement === this.target) this.arrive([state]);
      const truth = condition === undefined ? undefined : state.truth(condition);
      const within = state.copy();
      if (truth !== undefined) within.constrain(truth, text, line);
      this.run(body, [within]);
      if (truth !== undefined && !canBreak) state.constrain(not(truth), `not (${text})`, line);
      behind.push(state);
    }
    return behind;
  }
}

class State implements Path {
  private readonly routine: Routine;
  private readonly evaluator: Evaluator;
  private readonly values: Map<string, Value>;
  private readonly lengths: Map<string, Expression>;
  /** Line of the last call or change of a property. */
  private disturbedIn: number | undefined;
  constraints: Constraint[];
  /** What it has run through that is outside the subset; nothing is known behind. */
  lost: Outside | undefined;

  constructor(routine: Routine, evaluator: Evaluator, from?: State) {
    this.routine = routine;
    this.evaluator = evaluator;
    this.values = new Map(from?.values);
    this.lengths = new Map(from?.lengths);
    this.constraints = [...(from?.constraints ?? [])];
    this.disturbedIn = from?.disturbedIn;
    this.lost = from?.lost;
  }

  copy(): State {
    return new State(this.routine, this.evaluator, this);
  }

  constrain(formula: Expression, text: string, line: number): this {
    this.constraints.push({ formula, text, line });
    return this;
  }

  /** A condition's truth. What it calls may change other things before they are read, and after. */
  truth(condition: SourceExpression): Expression {
    const hasCall = calls(condition);
    if (hasCall) this.disturb(condition.line);
    const truth = this.evaluator.truth(condition, this);
    if (hasCall) this.disturb(condition.line);
    return truth;
  }

  read(name: string): Value {
    if (this.routine.shared.has(name))
      return this.evaluator.unknown({ construct: `${name}, which other code may change,`, line: 0 });
    const known = this.values.get(name);
    if (known !== undefined) return known;
    const declaration = this.routine.parameters.get(name) ?? { isNullable: true };
    const value: Value = { kind: 'input', name, declaration };
    this.values.set(name, value);
    return value;
  }

  /** Of what a name stands for, so that two names of one thing have one length. */
  lengthOf(name: string): Expression {
    const value = this.read(name);
    const key = value.kind === 'input' ? value.name : name;
    const known = this.lengths.get(key);
    if (known !== undefined) return known;
    const length = this.evaluator.length(key, this.disturbedIn);
    this.lengths.set(key, length);
    this.constrain(apply('>=', length, number(0)), `length of ${name} ≥ 0`, 0);
    return length;
  }

  assign({ name, value, declared, line }: Statement & { kind: 'assign' }): void {
    const hasCall = calls(value);
    if (hasCall) this.disturb(line);
    const evaluated = this.evaluator.value(value, this);
    if (hasCall) this.disturb(line);
    // Of an unknown value the declared type is known.
    const isUnknown = value.kind === 'unknown' && declared !== undefined && evaluated.kind === 'input';
    this.values.set(name, isUnknown ? { ...evaluated, declaration: declared } : evaluated);
  }

  /** These names may be anything from here on. */
  forget(names: readonly string[], line: number): void {
    for (const name of names)
      this.values.set(name, this.evaluator.unknown({ construct: `${name} as the loop leaves it`, line }));
  }

  /** Something is called, or a property changed: what is not the routine's own may be another, and so may all lengths. */
  disturb(line: number): void {
    for (const name of [...this.values.keys()].filter((each) => !this.routine.locals.has(each)))
      this.values.set(name, this.evaluator.unknown({ construct: `${name} after a call`, line }));
    this.lengths.clear();
    this.disturbedIn = line;
    this.evaluator.assumptions.add('what is called on the way returns');
  }
}

function calls(expression: SourceExpression): boolean {
  switch (expression.kind) {
    case 'unknown':
      return expression.hasCall;
    case 'not':
    case 'negative':
      return calls(expression.operand);
    case 'logic':
    case 'comparison':
    case 'arithmetic':
      return calls(expression.left) || calls(expression.right);
    default:
      return false;
  }
}
