/**
 * What expressions of the source are worth, as formulas. A value whose type nobody declared takes the type of what it is
 * compared with, and that is said as an assumption. What is outside the subset is any value, and is remembered by name.
 *
 * A number of JavaScript, and a float of Python, is a real or NaN, which compares with nothing. Calculation is exact:
 * rounding and infinities are left out, and that is said where something is calculated with them.
 */
import {
  and,
  apply,
  type Expression,
  FALSE,
  isRelation,
  keyOf,
  not,
  number,
  or,
  variable,
} from '../logic/expression.ts';
import { Rational } from '../logic/rational.ts';
import type { ComparisonOperator, Declaration, DeclaredType, SourceExpression } from './program.ts';

export type Dialect = 'javascript' | 'python';

/** `nan`: when it is no number. */
interface NumberValue {
  kind: 'number';
  amount: Expression;
  nan: Expression;
}

/** A variable as it comes in: what it is shows by its declaration or its use. */
interface InputValue {
  kind: 'input';
  name: string;
  declaration: Declaration;
}

export type Value =
  | NumberValue
  | InputValue
  | { kind: 'boolean'; formula: Expression }
  | { kind: 'string'; text: Expression }
  | { kind: 'nothing'; which: 'null' | 'undefined' | 'None' | 'null or undefined' };

/** Something of the source that is outside the subset, and where it stands. */
export interface Outside {
  construct: string;
  line: number;
}

/** Where names are looked up. */
export interface Scope {
  read(name: string): Value;
  /** A whole number from 0 that stays the same until something may change it. */
  lengthOf(name: string): Expression;
}

/** An integer beyond is not exact as a JavaScript number. */
const MAX_SAFE = Rational.of(2n ** 53n);

export class Evaluator {
  private readonly outside = new Map<string, Outside>();
  readonly assumptions = new Set<string>();
  private readonly dialect: Dialect;
  private readonly types = new Map<string, DeclaredType>();
  /** Inputs of no known type that were asked as conditions. */
  private readonly untyped = new Set<string>();
  private count = 0;

  constructor(dialect: Dialect) {
    this.dialect = dialect;
  }

  /** A value of which nothing is known. */
  unknown(what: Outside): Value {
    const name = `${what.construct} in line ${what.line + 1} (${++this.count})`;
    for (const sort of ['real', 'bool', 'string'] as const)
      this.outside.set(keyOf(variable(name, sort)), what);
    this.outside.set(keyOf(this.flag(name, 'NaN')), what);
    for (const which of ['null', 'undefined', 'None']) this.outside.set(keyOf(this.flag(name, which)), what);
    return { kind: 'input', name, declaration: { isNullable: true } };
  }

  /** The expression as a condition: what makes it count as true. */
  truth(expression: SourceExpression, scope: Scope): Expression {
    switch (expression.kind) {
      case 'not':
        return not(this.truth(expression.operand, scope));
      case 'logic': {
        const parts = [this.truth(expression.left, scope), this.truth(expression.right, scope)];
        return expression.operator === 'and' ? and(...parts) : or(...parts);
      }
      default:
        return this.truthOf(this.value(expression, scope));
    }
  }

  value(expression: SourceExpression, scope: Scope): Value {
    const { line } = expression;
    switch (expression.kind) {
      case 'name':
        return scope.read(expression.name);
      case 'number':
        return this.literal(expression.text, line);
      case 'string':
        return { kind: 'string', text: { kind: 'string', value: expression.value } };
      case 'boolean':
        return { kind: 'boolean', formula: { kind: 'boolean', value: expression.value } };
      case 'nothing':
        return { kind: 'nothing', which: expression.which };
      case 'length':
        return { kind: 'number', amount: this.lengthOf(expression.of, scope), nan: FALSE };
      case 'type':
        return this.typeOf(expression.of, line, scope);
      case 'negative':
        return this.negative(expression.operand, line, scope);
      case 'arithmetic':
        return this.arithmetic(expression, scope);
      case 'comparison':
        return { kind: 'boolean', formula: this.comparison(expression, scope) };
      case 'not':
        return { kind: 'boolean', formula: this.truth(expression, scope) };
      case 'logic':
        return this.logic(expression, scope);
      case 'unknown':
        return this.unknown({ construct: expression.construct, line });
    }
  }

  /** `a && b` is one of its operands; only of truth values it is a truth value. */
  private logic(expression: SourceExpression & { kind: 'logic' }, scope: Scope): Value {
    const parts = [this.value(expression.left, scope), this.value(expression.right, scope)];
    if (parts.every((part) => this.isBoolean(part)))
      return { kind: 'boolean', formula: this.truth(expression, scope) };
    return this.unknown({ construct: `value of “${expression.operator}”`, line: expression.line });
  }

  private isBoolean(value: Value): boolean {
    return value.kind === 'boolean' || (value.kind === 'input' && this.typeIn(value) === 'boolean');
  }

  private literal(text: string, line: number): Value {
    const value = Rational.parse(text);
    const isExact = value !== undefined && (this.dialect === 'python' || value.minus(MAX_SAFE).sign < 0);
    return isExact
      ? { kind: 'number', amount: number(value), nan: FALSE }
      : this.unknown({ construct: `number ${text}`, line });
  }

  private lengthOf(name: string, scope: Scope): Expression {
    const value = scope.read(name);
    if (value.kind === 'string') return apply('length', value.text);
    if (value.kind === 'input' && this.typeIn(value) === 'string')
      return apply('length', variable(value.name, 'string'));
    return scope.lengthOf(name);
  }

  private typeOf(name: string, line: number, scope: Scope): Value {
    const value = scope.read(name);
    if (value.kind !== 'input') return this.unknown({ construct: `typeof ${name}`, line });
    const text = variable(`typeof ${value.name}`, 'string');
    this.outside.set(keyOf(text), { construct: `typeof ${name}`, line });
    return { kind: 'string', text };
  }

  private negative(operand: SourceExpression, line: number, scope: Scope): Value {
    const value = this.asNumber(this.value(operand, scope));
    if (value === undefined) return this.unknown({ construct: 'minus of what is no number', line });
    const { amount, nan } = value;
    if (amount.kind === 'number') return { kind: 'number', amount: number(amount.value.negated), nan };
    return { kind: 'number', amount: apply('negate', amount), nan };
  }

  private arithmetic(expression: SourceExpression & { kind: 'arithmetic' }, scope: Scope): Value {
    const { operator, line } = expression;
    const operands = [this.value(expression.left, scope), this.value(expression.right, scope)];
    const [left, right] = operands.map((operand) => this.asNumber(operand));
    if (left === undefined || right === undefined)
      return this.unknown({ construct: `${operator} of what is no number`, line });
    const isLinear = operator !== '*' || [left, right].some(({ amount }) => amount.kind === 'number');
    if (!isLinear) return this.unknown({ construct: 'product of two variables', line });
    // Python's integers are exact as they are.
    if ([left, right].some(({ nan }) => nan !== FALSE) || this.dialect === 'javascript')
      this.assumptions.add('calculation is exact, without rounding or overflow');
    return {
      kind: 'number',
      amount: apply(operator, left.amount, right.amount),
      nan: either(left.nan, right.nan),
    };
  }

  private comparison(expression: SourceExpression & { kind: 'comparison' }, scope: Scope): Expression {
    const { operator, line } = expression;
    const left = this.value(expression.left, scope);
    const right = this.value(expression.right, scope);
    const equality = operator === '=' || operator === '!=';
    const outside = (): Expression =>
      this.truthOf(this.unknown({ construct: 'comparison of values of unlike or unknown type', line }));
    if (left.kind === 'nothing' || right.kind === 'nothing') {
      const equal = equality ? this.isNothing(left, right) : undefined;
      return equal === undefined ? outside() : signed(operator, equal);
    }
    const type = this.commonType(left, right, operator);
    if (type === 'number' || type === 'integer') return this.compareNumbers(operator, left, right) ?? outside();
    if (!equality) return outside();
    if (type === 'string') {
      const texts = [this.asString(left), this.asString(right)];
      if (!texts.every((text) => text !== undefined)) return outside();
      return signed(operator, and(apply('=', texts[0]!, texts[1]!), ...this.present(left, right)));
    }
    if (type === 'boolean') {
      const truths = [this.asBoolean(left), this.asBoolean(right)];
      if (!truths.every((truth) => truth !== undefined)) return outside();
      return signed(operator, and(apply('iff', truths[0]!, truths[1]!), ...this.present(left, right)));
    }
    return outside();
  }

  private compareNumbers(operator: ComparisonOperator, left: Value, right: Value): Expression | undefined {
    const [a, b] = [this.asNumber(left), this.asNumber(right)];
    if (a === undefined || b === undefined || !isRelation(operator)) return undefined;
    const isNumber = [a.nan, b.nan].filter((nan) => nan !== FALSE).map(not);
    if (operator === '=' || operator === '!=')
      return signed(operator, and(apply('=', a.amount, b.amount), ...isNumber, ...this.present(left, right)));
    return and(apply(operator, a.amount, b.amount), ...isNumber);
  }

  /** The type that both sides have or, where nobody declared it, take. */
  private commonType(left: Value, right: Value, operator: ComparisonOperator): DeclaredType | undefined {
    const [a, b] = [this.typeIn(left), this.typeIn(right)];
    const isOrder = operator !== '=' && operator !== '!=';
    return a ?? b ?? (isOrder ? 'number' : undefined);
  }

  private typeIn(value: Value): DeclaredType | undefined {
    if (value.kind === 'input') return value.declaration.type ?? this.types.get(value.name);
    return value.kind === 'nothing' ? undefined : value.kind;
  }

  /** Takes an input of no declared type for one of this type. */
  private take({ name, declaration }: InputValue, type: DeclaredType): boolean {
    const known = declaration.type ?? this.types.get(name);
    const kind = (each: DeclaredType): DeclaredType => (each === 'integer' ? 'number' : each);
    if (known !== undefined) return kind(known) === kind(type);
    this.types.set(name, type);
    const isOutside = this.outside.has(keyOf(variable(name, 'bool')));
    if (!isOutside) this.assumptions.add(`${name} is a ${type}`);
    return true;
  }

  private asNumber(value: Value): NumberValue | undefined {
    if (value.kind === 'number') return value;
    if (value.kind !== 'input' || !this.take(value, 'number')) return undefined;
    if (value.declaration.type === 'integer')
      return { kind: 'number', amount: variable(value.name, 'int'), nan: FALSE };
    return { kind: 'number', amount: variable(value.name, 'real'), nan: this.flag(value.name, 'NaN') };
  }

  private asString(value: Value): Expression | undefined {
    if (value.kind === 'string') return value.text;
    return value.kind === 'input' && this.take(value, 'string') ? variable(value.name, 'string') : undefined;
  }

  private asBoolean(value: Value): Expression | undefined {
    if (value.kind === 'boolean') return value.formula;
    return value.kind === 'input' && this.take(value, 'boolean') ? variable(value.name, 'bool') : undefined;
  }

  truthOf(value: Value): Expression {
    switch (value.kind) {
      case 'boolean':
        return value.formula;
      case 'nothing':
        return FALSE;
      case 'string':
        return not(apply('=', value.text, { kind: 'string', value: '' }));
      case 'number':
        return this.truthOfNumber(value);
      case 'input':
        return and(this.truthOfInput(value), ...this.present(value));
    }
  }

  /** NaN counts as false in JavaScript and as true in Python. */
  private truthOfNumber({ amount, nan }: NumberValue): Expression {
    const isNotZero = not(apply('=', amount, number(0)));
    if (nan === FALSE) return isNotZero;
    return this.dialect === 'python' ? or(nan, isNotZero) : and(not(nan), isNotZero);
  }

  private truthOfInput(value: InputValue): Expression {
    switch (this.typeIn(value)) {
      case 'number':
      case 'integer':
        return this.truthOfNumber(this.asNumber(value)!);
      case 'string':
        return this.truthOf({ kind: 'string', text: this.asString(value)! });
      case 'boolean':
        return this.asBoolean(value)!;
      case undefined:
        return this.untypedTruth(value.name);
    }
  }

  /** Whatever the type, the same value counts as true or not each time. */
  private untypedTruth(name: string): Expression {
    this.untyped.add(name);
    const truth = variable(`${name} counts as true`, 'bool');
    const what = this.outside.get(keyOf(variable(name, 'bool')));
    if (what !== undefined) this.outside.set(keyOf(truth), what);
    return truth;
  }

  /** A new length; after a call or a change of some property, in that line, it may be any. */
  length(of: string, disturbedIn: number | undefined): Expression {
    const version = disturbedIn === undefined ? '' : ` (${++this.count})`;
    const length = variable(`length of ${of}${version}`, 'int');
    const isOutside = disturbedIn !== undefined || this.outside.has(keyOf(variable(of, 'bool')));
    if (isOutside)
      this.outside.set(keyOf(length), { construct: `length of ${of}, which may have changed,`, line: disturbedIn ?? 0 });
    return length;
  }

  /** What may be any value for a reason that is not the caller's choice, by variable; once all is evaluated. */
  get unsure(): ReadonlyMap<string, Outside> {
    const unsure = new Map(this.outside);
    // Whether a number counts as true depends on the number, which has been left out.
    for (const name of this.untyped)
      if (this.types.has(name))
        unsure.set(keyOf(variable(`${name} counts as true`, 'bool')), {
          construct: `condition “${name}”, of no declared type,`,
          line: 0,
        });
    return unsure;
  }

  /** That the values are neither null, undefined nor None, where they may be. */
  private present(...values: Value[]): Expression[] {
    return values.flatMap((value) =>
      value.kind === 'input' && value.declaration.isNullable ? this.flags(value.name).map(not) : [],
    );
  }

  private isNothing(left: Value, right: Value): Expression | undefined {
    const [nothing, other] = left.kind === 'nothing' ? [left, right] : [right, left];
    if (nothing.kind !== 'nothing') return undefined;
    if (other.kind === 'nothing')
      return { kind: 'boolean', value: nothing.which.includes(other.which) || other.which.includes(nothing.which) };
    if (other.kind !== 'input' || !other.declaration.isNullable) return FALSE;
    if (nothing.which === 'null or undefined') return or(...this.flags(other.name));
    return this.flag(other.name, nothing.which);
  }

  private flags(name: string): Expression[] {
    return this.dialect === 'python'
      ? [this.flag(name, 'None')]
      : [this.flag(name, 'null'), this.flag(name, 'undefined')];
  }

  private flag(name: string, what: string) {
    return variable(`${name} is ${what}`, 'bool');
  }
}

const signed = (operator: ComparisonOperator, equal: Expression): Expression =>
  operator === '!=' ? not(equal) : equal;

const either = (a: Expression, b: Expression): Expression => (a === FALSE ? b : b === FALSE ? a : or(a, b));
