/** What the solver reasons about: formulas over numbers, truth values and texts. Prose and code both end here. */
import { Rational } from './rational.ts';

export type Sort = 'bool' | 'real' | 'int' | 'string';

/** The same name with another sort is another variable. */
export interface Variable {
  kind: 'variable';
  name: string;
  sort: Sort;
}

export type Operator =
  | 'not'
  | 'and'
  | 'or'
  | 'implies'
  | 'iff'
  | '='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '+'
  | '-'
  | '*'
  | 'negate'
  | 'length';

export interface Application {
  kind: 'apply';
  operator: Operator;
  operands: readonly Expression[];
}

export type Expression =
  | Variable
  | Application
  | { kind: 'number'; value: Rational }
  | { kind: 'boolean'; value: boolean }
  | { kind: 'string'; value: string };

export type Relation = '=' | '!=' | '<' | '<=' | '>' | '>=';
export const RELATIONS: readonly Relation[] = ['=', '!=', '<', '<=', '>', '>='];

export const variable = (name: string, sort: Sort): Variable => ({ kind: 'variable', name, sort });
export const number = (value: Rational | bigint | number): Expression => ({
  kind: 'number',
  value: value instanceof Rational ? value : Rational.of(value),
});
export const TRUE: Expression = { kind: 'boolean', value: true };
export const FALSE: Expression = { kind: 'boolean', value: false };

export const apply = (operator: Operator, ...operands: Expression[]): Application => ({
  kind: 'apply',
  operator,
  operands,
});

export const not = (operand: Expression): Expression =>
  operand.kind === 'boolean' ? (operand.value ? FALSE : TRUE) : apply('not', operand);
export const and = (...operands: Expression[]): Expression => join('and', operands, TRUE);
export const or = (...operands: Expression[]): Expression => join('or', operands, FALSE);
export const implies = (left: Expression, right: Expression): Expression => apply('implies', left, right);

function join(operator: 'and' | 'or', operands: Expression[], none: Expression): Expression {
  if (operands.length === 0) return none;
  return operands.length === 1 ? operands[0]! : apply(operator, ...operands);
}

export const isRelation = (operator: Operator): operator is Relation =>
  (RELATIONS as readonly string[]).includes(operator);

/** Which values an expression takes. */
export function sortOf(expression: Expression): Sort {
  switch (expression.kind) {
    case 'variable':
      return expression.sort;
    case 'number':
      return expression.value.isInteger ? 'int' : 'real';
    case 'boolean':
      return 'bool';
    case 'string':
      return 'string';
    case 'apply':
      return sortOfApplication(expression);
  }
}

function sortOfApplication({ operator, operands }: Application): Sort {
  if (operator === 'length') return 'int';
  if (operator === '+' || operator === '-' || operator === '*' || operator === 'negate')
    return operands.every((operand) => sortOf(operand) === 'int') ? 'int' : 'real';
  return 'bool';
}

/** One text per variable, to tell variables apart. */
export const keyOf = ({ name, sort }: Variable): string => `${sort}:${name}`;

/** Every variable once, in order of first appearance. */
export function variablesOf(...expressions: Expression[]): Variable[] {
  const found = new Map<string, Variable>();
  const visit = (expression: Expression): void => {
    if (expression.kind === 'variable') {
      if (!found.has(keyOf(expression))) found.set(keyOf(expression), expression);
    } else if (expression.kind === 'apply') expression.operands.forEach(visit);
  };
  expressions.forEach(visit);
  return [...found.values()];
}
