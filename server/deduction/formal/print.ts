/** Formulas in the formal language, with no more parentheses than they need; `parseFormula` reads them back. */
import { type Expression, isRelation, type Operator, type Variable } from '../logic/expression.ts';
import type { Goal } from './parse.ts';

const SIGN: Partial<Record<Operator, string>> = { iff: '<->', implies: '->', or: '|', and: '&' };

/** How strongly an operator binds; what stands inside must bind more, unless it may repeat without parentheses. */
function bindingOf(expression: Expression): number {
  if (expression.kind !== 'apply') return 9;
  const { operator } = expression;
  const order: Operator[][] = [['iff'], ['implies'], ['or'], ['and'], ['not'], ['='], ['+', '-'], ['*']];
  const found = order.findIndex((level) => level.includes(isRelation(operator) ? '=' : operator));
  return found === -1 ? 8 : found;
}

/** @param named how a variable is written; `[name]` if left out. */
export function printFormula(
  formula: Expression,
  named: (variable: Variable) => string = ({ name }) => `[${name}]`,
): string {
  const print = (expression: Expression): string => {
    switch (expression.kind) {
      case 'variable':
        return named(expression);
      case 'number':
        return expression.value.toString();
      case 'boolean':
        return String(expression.value);
      case 'string':
        return JSON.stringify(expression.value);
      case 'apply': {
        const { operator, operands } = expression;
        const [first, second] = operands;
        if (operator === 'length') return `length(${print(first!)})`;
        const inside = (operand: Expression, least: number): string =>
          bindingOf(operand) >= least ? print(operand) : `(${print(operand)})`;
        const binding = bindingOf(expression);
        if (operator === 'not') return `!${inside(first!, isRelationOf(first!) ? 9 : 4)}`;
        if (operator === 'negate') return `-${inside(first!, 8)}`;
        if (operator === 'implies') return `${inside(first!, binding + 1)} -> ${inside(second!, binding)}`;
        if (operator === '-') return `${inside(first!, binding)} - ${inside(second!, binding + 1)}`;
        const sign = SIGN[operator] ?? operator;
        const least = operator === '+' || operator === '*' ? binding : binding + 1;
        return operands
          .map((operand, place) => inside(operand, place === 0 ? least : binding + 1))
          .join(` ${sign} `);
      }
    }
  };
  return print(formula);
}

const isRelationOf = (expression: Expression): boolean =>
  expression.kind === 'apply' && isRelation(expression.operator);

export const printGoal = (goal: Goal): string =>
  `? ${goal.kind === 'truth' ? printFormula(goal.formula) : `[${goal.name}]`}`;
