/**
 * The formal language that the deduction model writes (training/verity_training/deduction/FORMAT.md): prices in linear
 * relations, propositions, goals. Names stand in brackets. What is not in the language is refused, never repaired.
 */
import {
  apply,
  type Expression,
  isRelation,
  number,
  type Operator,
  sortOf,
  variable,
} from '../logic/expression.ts';
import { Rational } from '../logic/rational.ts';

/** A goal that is a bare name asks for its value or for its truth: the premises, or the question's words, tell which. */
export type Goal =
  { kind: 'value'; name: string } | { kind: 'truth'; formula: Expression } | { kind: 'name'; name: string };

export type Line = { kind: 'none' } | { kind: 'premise'; formula: Expression } | { kind: 'goal'; goal: Goal };

/** Says what is wrong and where, for people who read the model's output. */
export class FormalError extends Error {
  override readonly name = 'FormalError';
}

/** Deeper nesting is no statement that anyone wrote; the limit bounds the parser's recursion. */
const MAX_DEPTH = 50;
const MAX_LENGTH = 4000;

type Token =
  | { kind: 'name'; text: string }
  | { kind: 'number'; value: Rational }
  | { kind: 'sign'; text: string };

/** Before types are known: a bare name may be a price or a proposition. */
type Raw =
  | { kind: 'name'; name: string }
  | { kind: 'number'; value: Rational }
  | { kind: 'apply'; operator: Operator; operands: Raw[] };

/** @throws FormalError */
export function parseLine(text: string): Line {
  const trimmed = text.trim();
  if (trimmed === 'none') return { kind: 'none' };
  if (!trimmed.startsWith('?')) return { kind: 'premise', formula: parseFormula(trimmed) };
  const raw = new Parser(trimmed.slice(1)).parse();
  if (raw.kind === 'name') return { kind: 'goal', goal: { kind: 'name', name: raw.name } };
  return { kind: 'goal', goal: { kind: 'truth', formula: typed(raw, 'bool') } };
}

/** @throws FormalError if the text is no formula. */
export const parseFormula = (text: string): Expression => typed(new Parser(text).parse(), 'bool');

function typed(raw: Raw, sort: 'bool' | 'real'): Expression {
  if (raw.kind === 'name') return variable(raw.name, sort);
  if (raw.kind === 'number') {
    if (sort === 'bool') throw new FormalError(`The number ${raw.value.toString()} is no statement.`);
    return number(raw.value);
  }
  const { operator, operands } = raw;
  const isArithmetic = ['+', '-', '*', 'negate'].includes(operator);
  if (isArithmetic !== (sort === 'real'))
    throw new FormalError(
      isArithmetic ? 'A calculation is no statement.' : 'A statement stands where a number is needed.',
    );
  const inner = isArithmetic || isRelation(operator) ? 'real' : 'bool';
  const application = apply(operator, ...operands.map((operand) => typed(operand, inner)));
  if (operator === '*' && !application.operands.some(isConstant))
    throw new FormalError('A product of two names is outside the language.');
  return application;
}

function isConstant(term: Expression): boolean {
  return term.kind === 'number' || (term.kind === 'apply' && term.operands.every(isConstant));
}

const PATTERN = /\s*(?:\[([^[\]\n]*)\]|(\d+(?:\.\d+|\/\d+)?)|(<->|->|!=|<=|>=|[=<>!&|()+\-*]))/y;

function tokenize(text: string): Token[] {
  if (text.length > MAX_LENGTH) throw new FormalError(`A line has at most ${MAX_LENGTH} characters.`);
  const tokens: Token[] = [];
  const pattern = new RegExp(PATTERN);
  while (text.slice(pattern.lastIndex).trim() !== '') {
    const start = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null) throw new FormalError(`${JSON.stringify(text.slice(start, start + 20))} is no symbol.`);
    const [, name, digits, sign] = match;
    if (name !== undefined) tokens.push({ kind: 'name', text: checkedName(name) });
    else if (digits !== undefined) tokens.push({ kind: 'number', value: checkedNumber(digits) });
    else tokens.push({ kind: 'sign', text: sign! });
  }
  return tokens;
}

function checkedName(name: string): string {
  if (!/^[^\s\p{C}](?:[^\p{C}]*[^\s\p{C}])?$/u.test(name) || name.includes('  '))
    throw new FormalError(`[${name}] is no name.`);
  return name;
}

function checkedNumber(digits: string): Rational {
  const value = Rational.parse(digits);
  if (value === undefined) throw new FormalError(`${digits} is no number.`);
  return value;
}

const LEVELS: readonly (readonly string[])[] = [['<->'], ['->'], ['|'], ['&']];
const OPERATOR: Record<string, Operator> = { '<->': 'iff', '->': 'implies', '|': 'or', '&': 'and' };

class Parser {
  private readonly tokens: Token[];
  private place = 0;
  private depth = 0;

  constructor(text: string) {
    this.tokens = tokenize(text);
  }

  parse(): Raw {
    const formula = this.connected(0);
    const rest = this.tokens[this.place];
    if (rest !== undefined) throw new FormalError(`${describe(rest)} stands where the line should end.`);
    return formula;
  }

  /** `<->` binds least and does not chain; `->` groups to the right; `|` and `&` list. */
  private connected(level: number): Raw {
    const signs = LEVELS[level];
    if (signs === undefined) return this.denied();
    const sign = signs[0]!;
    const operands = [this.connected(level + 1)];
    while (this.take(sign)) {
      operands.push(sign === '->' ? this.connected(level) : this.connected(level + 1));
      if (sign === '<->' && this.isNext('<->')) throw new FormalError('<-> does not chain; use parentheses.');
    }
    return operands.length === 1 ? operands[0]! : { kind: 'apply', operator: OPERATOR[sign]!, operands };
  }

  private denied(): Raw {
    if (!this.take('!')) return this.related();
    return this.nested(() => ({ kind: 'apply', operator: 'not', operands: [this.denied()] }));
  }

  /** A term, or terms in relations: `a = b = c` says that a = b and b = c. */
  private related(): Raw {
    const terms = [this.sum()];
    const relations: Raw[] = [];
    for (let relation = this.relation(); relation !== undefined; relation = this.relation()) {
      terms.push(this.sum());
      relations.push({ kind: 'apply', operator: relation, operands: terms.slice(-2) });
    }
    if (relations.length <= 1) return relations[0] ?? terms[0]!;
    return { kind: 'apply', operator: 'and', operands: relations };
  }

  private relation(): Operator | undefined {
    const next = this.tokens[this.place];
    if (next?.kind !== 'sign' || !isRelation(next.text as Operator)) return undefined;
    this.place++;
    return next.text as Operator;
  }

  private sum(): Raw {
    let sum = this.product();
    for (;;) {
      const sign = this.take('+') ? '+' : this.take('-') ? '-' : undefined;
      if (sign === undefined) return sum;
      sum = { kind: 'apply', operator: sign, operands: [sum, this.product()] };
    }
  }

  private product(): Raw {
    let product = this.factor();
    while (this.take('*')) product = { kind: 'apply', operator: '*', operands: [product, this.factor()] };
    return product;
  }

  private factor(): Raw {
    if (this.take('-'))
      return this.nested(() => ({ kind: 'apply', operator: 'negate', operands: [this.factor()] }));
    const next = this.tokens[this.place++];
    if (next?.kind === 'name') return { kind: 'name', name: next.text };
    if (next?.kind === 'number') return { kind: 'number', value: next.value };
    if (next?.text === '(') return this.nested(() => this.parenthesized());
    throw new FormalError(
      next === undefined ? 'The line ends too early.' : `${describe(next)} is out of place.`,
    );
  }

  private parenthesized(): Raw {
    const inner = this.connected(0);
    if (!this.take(')')) throw new FormalError('A parenthesis is not closed.');
    return inner;
  }

  private nested(parse: () => Raw): Raw {
    if (++this.depth > MAX_DEPTH) throw new FormalError(`The line nests deeper than ${MAX_DEPTH} levels.`);
    const result = parse();
    this.depth--;
    return result;
  }

  private isNext(sign: string): boolean {
    const next = this.tokens[this.place];
    return next?.kind === 'sign' && next.text === sign;
  }

  private take(sign: string): boolean {
    const found = this.isNext(sign);
    if (found) this.place++;
    return found;
  }
}

const describe = (token: Token): string =>
  token.kind === 'name' ? `[${token.text}]` : token.kind === 'number' ? token.value.toString() : token.text;

/** Whether the formula speaks of prices: then a bare name is one. */
export const isAboutNumbers = (formula: Expression): boolean =>
  formula.kind === 'apply' &&
  formula.operands.some((operand) => sortOf(operand) !== 'bool' || isAboutNumbers(operand));
