/**
 * Whether two formulas of the formal language say the same: relations are brought to a normal form of linear
 * arithmetic, and truth tables compare what is built of them. No solver is asked, so that the round-trip check rests on
 * itself alone.
 */
import { type Expression, type Relation, isRelation, keyOf } from './expression.ts';
import { Rational } from './rational.ts';

/** Truth tables grow with 2 to this. A sentence that needs more is not understood. */
const MAX_ATOMS = 10;

/** By variable, and the constant under the empty key: no variable has it. */
type Linear = Map<string, Rational>;
const CONSTANT = '';

type Truth = (atoms: ReadonlySet<string>) => boolean;

/** False in doubt: formulas that are not linear, or have too many parts, are equal to none. */
export function areEquivalent(a: Expression, b: Expression): boolean {
  const atoms = new Set<string>();
  const [left, right] = [truthOf(a, atoms), truthOf(b, atoms)];
  if (left === undefined || right === undefined || atoms.size > MAX_ATOMS) return false;
  return subsets([...atoms]).every((world) => left(world) === right(world));
}

function subsets(items: string[]): ReadonlySet<string>[] {
  return Array.from(
    { length: 2 ** items.length },
    (_, index) => new Set(items.filter((__, place) => (index >> place) & 1)),
  );
}

/** A formula as a function of which of its atoms are true; its atoms are added to the set. */
function truthOf(formula: Expression, atoms: Set<string>): Truth | undefined {
  if (formula.kind === 'boolean') return () => formula.value;
  if (formula.kind === 'variable' && formula.sort === 'bool') return atom(keyOf(formula), atoms);
  if (formula.kind !== 'apply') return undefined;
  const { operator, operands } = formula;
  if (isRelation(operator)) return relationTruth(operator, operands[0]!, operands[1]!, atoms);
  const parts = operands.map((operand) => truthOf(operand, atoms));
  if (!parts.every((part) => part !== undefined)) return undefined;
  switch (operator) {
    case 'not':
      return (world) => !parts[0]!(world);
    case 'and':
      return (world) => parts.every((part) => part(world));
    case 'or':
      return (world) => parts.some((part) => part(world));
    case 'implies':
      return (world) => !parts[0]!(world) || parts[1]!(world);
    case 'iff':
      return (world) => parts[0]!(world) === parts[1]!(world);
    default:
      return undefined;
  }
}

function atom(key: string, atoms: Set<string>): Truth {
  atoms.add(key);
  return (world) => world.has(key);
}

function relationTruth(
  relation: Relation,
  left: Expression,
  right: Expression,
  atoms: Set<string>,
): Truth | undefined {
  const [a, b] = [linearOf(left), linearOf(right)];
  if (a === undefined || b === undefined) return undefined;
  const equal = (): Truth => atom(`= ${normalForm(difference(a, b), true)}`, atoms);
  const less = (low: Linear, high: Linear): Truth =>
    atom(`< ${normalForm(difference(low, high), false)}`, atoms);
  const negated =
    (truth: Truth): Truth =>
    (world) =>
      !truth(world);
  switch (relation) {
    case '=':
      return equal();
    case '!=':
      return negated(equal());
    case '<':
      return less(a, b);
    case '>':
      return less(b, a);
    case '<=':
      return negated(less(b, a));
    case '>=':
      return negated(less(a, b));
  }
}

function linearOf(term: Expression): Linear | undefined {
  if (term.kind === 'number') return new Map([[CONSTANT, term.value]]);
  if (term.kind === 'variable') return new Map([[keyOf(term), Rational.ONE]]);
  if (term.kind !== 'apply') return undefined;
  const parts = term.operands.map(linearOf);
  if (!parts.every((part) => part !== undefined)) return undefined;
  switch (term.operator) {
    case '+':
      return parts.reduce((sum, part) => combined(sum, part, Rational.ONE));
    case '-':
      return parts.reduce((sum, part) => combined(sum, part, Rational.of(-1)));
    case 'negate':
      return difference(new Map(), parts[0]!);
    case '*':
      return parts.reduce<Linear | undefined>(product, new Map([[CONSTANT, Rational.ONE]]));
    default:
      return undefined;
  }
}

function product(a: Linear | undefined, b: Linear): Linear | undefined {
  if (a === undefined) return undefined;
  const [factor, other] = isConstant(a) ? [a, b] : [b, a];
  if (!isConstant(factor)) return undefined;
  return combined(new Map(), other, factor.get(CONSTANT) ?? Rational.ZERO);
}

const isConstant = (linear: Linear): boolean => [...linear.keys()].every((key) => key === CONSTANT);

const difference = (a: Linear, b: Linear): Linear => combined(a, b, Rational.of(-1));

/** a + factor × b, without zeros. */
function combined(a: Linear, b: Linear, factor: Rational): Linear {
  const sum = new Map(a);
  for (const [key, value] of b) sum.set(key, (sum.get(key) ?? Rational.ZERO).plus(value.times(factor)));
  for (const [key, value] of sum) if (value.isZero) sum.delete(key);
  return sum;
}

/** The same text for every multiple; of an inequality, for every positive one. */
function normalForm(linear: Linear, mayFlip: boolean): string {
  const entries = [...linear].sort(([a], [b]) => (a < b ? -1 : 1));
  const leading = entries.at(-1)?.[1] ?? Rational.ONE;
  const scale = mayFlip || leading.sign > 0 ? leading : leading.negated;
  return JSON.stringify(entries.map(([key, value]) => [key, value.over(scale).toString()]));
}
