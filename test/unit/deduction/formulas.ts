/** Random formulas of the formal language. */
import fc from 'fast-check';
import {
  apply,
  type Expression,
  number,
  RELATIONS,
  variable,
} from '../../../server/deduction/logic/expression.ts';
import { Rational } from '../../../server/deduction/logic/rational.ts';

const value = fc
  .tuple(fc.integer({ min: 0, max: 99 }), fc.constantFrom(1, 1, 2, 3))
  .map(([above, below]) => number(Rational.of(above, below)));
const price = fc.constantFrom('soup', 'tomato soup', 'tea').map((name) => variable(name, 'real'));
const atom = fc.constantFrom('a is b', 'the lamp is on', 'c works').map((name) => variable(name, 'bool'));

const { term } = fc.letrec<{ term: Expression }>((tie) => ({
  term: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    price,
    value,
    fc.tuple(fc.constantFrom('+' as const, '-' as const), tie('term'), tie('term')).map(([sign, a, b]) => apply(sign, a, b)),
    fc.tuple(value, price).map(([factor, name]) => apply('*', factor, name)),
  ),
}));

const relation = fc
  .tuple(fc.constantFrom(...RELATIONS), term, term)
  .map(([operator, a, b]): Expression => apply(operator, a, b));

export const { formula: anyFormula } = fc.letrec<{ formula: Expression }>((tie) => ({
  formula: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    atom,
    relation,
    tie('formula').map((operand): Expression => apply('not', operand)),
    fc
      .tuple(fc.constantFrom('and' as const, 'or' as const, 'implies' as const, 'iff' as const), tie('formula'), tie('formula'))
      .map(([operator, a, b]): Expression => apply(operator, a, b)),
  ),
}));
