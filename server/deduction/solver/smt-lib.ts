/**
 * SMT-LIB text from formulas, and the solver's answer back. Every symbol in the text is ours (`x0`, `x1`, …): no name,
 * and nothing that a user or a model wrote, is ever read by the solver, strings apart, which are escaped.
 */
import { type Expression, keyOf, type Operator, sortOf, type Variable, variablesOf } from '../logic/expression.ts';
import { Rational } from '../logic/rational.ts';

export type Value = Rational | boolean | string;

const SORTS = { bool: 'Bool', real: 'Real', int: 'Int', string: 'String' } as const;

const NAMES: Partial<Record<Operator, string>> = {
  implies: '=>',
  iff: '=',
  '!=': 'distinct',
  negate: '-',
  length: 'str.len',
};

/** Formulas of which is asked whether they can hold together. */
export type Query = readonly Expression[];

export interface Script {
  text: string;
  /** Of each query those whose values are asked for, in the order of the answer. */
  variables: Variable[][];
}

/**
 * Asks of each query whether all its formulas can hold together; if so for every variable's value, else for an unsat
 * core. Queries know nothing of each other. One text for all, as each call of the solver costs more than most queries.
 */
export function scriptOf(queries: readonly Query[]): Script {
  const variables = queries.map((query) => variablesOf(...query));
  const all = variablesOf(...queries.flat());
  const symbols = new Map(all.map((variable, index) => [keyOf(variable), `x${index}`]));
  const lines = [
    '(set-option :produce-unsat-cores true)',
    '(set-option :smt.core.minimize true)',
    ...all.map((variable) => `(declare-const ${symbols.get(keyOf(variable))} ${SORTS[variable.sort]})`),
    ...queries.flatMap((query, index) => [
      `(echo "${MARK} ${index}")`,
      '(push)',
      ...query.map((formula, place) => `(assert (! ${write(formula, symbols)} :named a${index}-${place}))`),
      '(check-sat)',
      valuesOf(variables[index]!, symbols),
      '(get-unsat-core)',
      '(pop)',
    ]),
  ];
  return { text: lines.filter((line) => line !== '').join('\n'), variables };
}

const MARK = 'query';

const valuesOf = (variables: readonly Variable[], symbols: ReadonlyMap<string, string>): string =>
  variables.length === 0 ? '' : `(get-value (${variables.map((each) => symbols.get(keyOf(each))).join(' ')}))`;

function write(expression: Expression, symbols: ReadonlyMap<string, string>): string {
  switch (expression.kind) {
    case 'variable':
      return symbols.get(keyOf(expression))!;
    case 'number':
      return writeNumber(expression.value);
    case 'boolean':
      return String(expression.value);
    case 'string':
      return writeString(expression.value);
    case 'apply': {
      const { operator, operands } = expression;
      const sorts = new Set(operands.map(sortOf));
      const isMixed = sorts.has('real') && sorts.has('int');
      const written = operands.map((operand) => {
        const text = write(operand, symbols);
        return isMixed && sortOf(operand) === 'int' ? `(to_real ${text})` : text;
      });
      return `(${NAMES[operator] ?? operator} ${written.join(' ')})`;
    }
  }
}

function writeNumber(value: Rational): string {
  const absolute = value.sign < 0 ? value.negated : value;
  const text = absolute.isInteger
    ? absolute.numerator.toString()
    : `(/ ${absolute.numerator}.0 ${absolute.denominator}.0)`;
  return value.sign < 0 ? `(- ${text})` : text;
}

/** By code point, so that no quote, backslash or control character reaches the text as itself. */
const writeString = (text: string): string =>
  `"${Array.from(text, (character) =>
    /[A-Za-z0-9 ]/.test(character) ? character : `\\u{${character.codePointAt(0)!.toString(16)}}`,
  ).join('')}"`;

export type Answer =
  | { kind: 'sat'; values: Value[] }
  /** Places of the assertions in the core. */
  | { kind: 'unsat'; core: number[] }
  | { kind: 'unknown'; reason: string };

/** Reads the output of a script: one answer for each query. Whatever is not as expected counts as unknown. */
export function readAnswers(output: string, { variables }: Script): Answer[] {
  const parts = output.split(new RegExp(`^${MARK} \\d+$`, 'm')).slice(1);
  const isWhole = parts.length === variables.length;
  return variables.map((names, index) => readAnswer(isWhole ? parts[index]! : '', names.length));
}

function readAnswer(output: string, count: number): Answer {
  const [first = '', ...rest] = output.trim().split('\n');
  if (first.trim() === 'sat') {
    const values = count === 0 ? [] : readValues(rest.join('\n'), count);
    return values === undefined
      ? { kind: 'unknown', reason: 'The solver found values that cannot be written down.' }
      : { kind: 'sat', values };
  }
  const core = /^\(((?:a\d+-\d+ ?)*)\)$/.exec(rest.at(-1)?.trim() ?? '');
  if (first.trim() === 'unsat' && core !== null)
    return { kind: 'unsat', core: [...core[1]!.matchAll(/-(\d+)/g)].map(([, place]) => Number(place)) };
  return { kind: 'unknown', reason: 'The solver could not decide within its limits.' };
}

type Tree = string | Tree[];

function readValues(text: string, count: number): Value[] | undefined {
  const [pairs] = readTrees(text);
  if (!Array.isArray(pairs) || pairs.length !== count) return undefined;
  const values = pairs.map((pair) => (Array.isArray(pair) ? readValue(pair[1]) : undefined));
  return values.every((value) => value !== undefined) ? values : undefined;
}

function readValue(tree: Tree | undefined): Value | undefined {
  if (tree === undefined) return undefined;
  if (typeof tree === 'string') {
    if (tree === 'true' || tree === 'false') return tree === 'true';
    if (tree.startsWith('"')) return readString(tree);
    return Rational.parse(tree);
  }
  const [operator, first, second] = tree;
  const [a, b] = [readValue(first), readValue(second)];
  if (!(a instanceof Rational)) return undefined;
  if (operator === '-' && b === undefined) return a.negated;
  return operator === '/' && b instanceof Rational && !b.isZero ? a.over(b) : undefined;
}

const readString = (quoted: string): string =>
  quoted
    .slice(1, -1)
    .replaceAll('""', '"')
    .replace(/\\u\{([0-9a-f]+)\}/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)));

/** S-expressions, without recursion over the text's length. */
function readTrees(text: string): Tree[] {
  const stack: Tree[][] = [[]];
  for (const [token] of text.matchAll(/"(?:[^"]|"")*"|[()]|[^\s()"]+/g)) {
    if (token === '(') stack.push([]);
    else if (token === ')') {
      const closed = stack.pop()!;
      if (stack.length === 0) return closed;
      stack.at(-1)!.push(closed);
    } else stack.at(-1)!.push(token);
  }
  return stack[0]!;
}

/** The same question for people and other solvers: with a legend of what the symbols stand for. It is never run. */
export function exportScript(premises: readonly Expression[], question: Expression): string {
  const { text, variables } = scriptOf([[...premises, question]]);
  const legend = variables[0]!.map(({ name }, index) => `; x${index}: ${name.replace(/\p{C}/gu, ' ')}`);
  return `${[...legend, text].join('\n')}\n`;
}
