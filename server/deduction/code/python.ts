/** Python as programs of the subset. */
import type { Node } from 'web-tree-sitter';
import type { Parse } from './grammars.ts';
import { children, describe, innermost, lineOf, preconditionsIn, refuseErrors, within } from './nodes.ts';
import {
  type ComparisonOperator,
  SourceError,
  type Declaration,
  type Language,
  type Routine,
  type SourceExpression,
  type Statement,
} from './program.ts';

const FUNCTIONS = new Set(['function_definition', 'lambda']);
const SCOPES = new Set([...FUNCTIONS, 'class_definition']);
const isScope = (node: Node): boolean => SCOPES.has(node.type);

const COMPARISONS: Record<string, ComparisonOperator> = {
  '==': '=',
  '!=': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  is: '=',
  'is not': '!=',
};

export const python = (parse: Parse): Language => ({
  routineAt(source, line) {
    const { rootNode } = parse(source);
    const routine = innermost(rootNode, line, new Set(['function_definition']));
    refuseErrors(routine ?? rootNode);
    return routine === undefined
      ? { ...scopeOf(rootNode), parameters: new Map(), body: statementsOf(children(rootNode)), preconditions: [] }
      : routineOf(routine, parse);
  },
  condition: (text) => conditionOf(text, parse),
});

function conditionOf(text: string, parse: Parse): SourceExpression {
  const { rootNode } = parse(`(${text})`);
  const [statement, ...more] = children(rootNode);
  const inner = statement?.type === 'expression_statement' ? children(statement) : [];
  if (rootNode.hasError || more.length > 0 || inner[0]?.type !== 'parenthesized_expression')
    throw new SourceError(`“${text}” is no condition that can be read`);
  return expressionOf(inner[0]);
}

function routineOf(node: Node, parse: Parse): Routine {
  const parameters = parametersOf(node);
  const body = node.childForFieldName('body')!;
  const scope = scopeOf(body);
  for (const name of parameters.keys()) scope.locals.add(name);
  const statements = children(body);
  const docstring = statements[0]?.type === 'expression_statement' ? children(statements[0])[0] : undefined;
  const preconditions =
    docstring?.type === 'string'
      ? preconditionsIn(docstring.text).map((text) => ({
          condition: conditionOf(text, parse),
          text,
          line: lineOf(docstring),
        }))
      : [];
  return { ...scope, parameters, body: statementsOf(statements), preconditions };
}

function parametersOf(node: Node): Map<string, Declaration> {
  const found = new Map<string, Declaration>();
  for (const parameter of children(node.childForFieldName('parameters')!)) {
    const name = parameter.type === 'identifier' ? parameter : (parameter.childForFieldName('name') ?? children(parameter)[0]);
    if (name !== undefined && name.type === 'identifier') found.set(name.text, declarationOf(parameter));
  }
  return found;
}

const TYPES: Record<string, Declaration['type']> = { int: 'integer', float: 'number', bool: 'boolean', str: 'string' };

function declarationOf(parameter: Node): Declaration {
  const annotation = parameter.childForFieldName('type')?.text;
  if (annotation === undefined) return { isNullable: true };
  const inner = /^Optional\[(.*)\]$/.exec(annotation)?.[1];
  const parts = (inner ?? annotation).split('|').map((part) => part.trim());
  const values = parts.filter((part) => part !== 'None');
  const type = values.length === 1 ? TYPES[values[0]!] : undefined;
  // A default of None overrules the annotation.
  const isNoneByDefault = parameter.childForFieldName('value')?.type === 'none';
  const isNullable = inner !== undefined || values.length < parts.length || isNoneByDefault;
  return { type, isNullable: isNullable || type === undefined };
}

const ASSIGNMENTS = new Set(['assignment', 'augmented_assignment', 'named_expression']);

function assignedIn(node: Node, isBorder?: (node: Node) => boolean): string[] {
  return [...within(node, isBorder)].flatMap((each) => {
    if (ASSIGNMENTS.has(each.type))
      return namesIn(each.childForFieldName('left') ?? each.childForFieldName('name'));
    if (each.type === 'for_statement' || each.type === 'for_in_clause')
      return namesIn(each.childForFieldName('left'));
    if (each.type === 'as_pattern_target') return namesIn(each);
    if (each.type === 'delete_statement') return namesIn(each);
    return [];
  });
}

/** Plain names of a target; those within a property or an element are only read. */
const namesIn = (target: Node | null): string[] =>
  target === null
    ? []
    : [...within(target, ({ type }) => type === 'attribute' || type === 'subscript')]
        .filter((node) => node.type === 'identifier' && !isPart(node, target))
        .map(({ text }) => text);

function isPart(node: Node, target: Node): boolean {
  for (let each: Node | null = node; each !== null; each = each.parent) {
    if (each.type === 'attribute' || each.type === 'subscript') return true;
    if (each.id === target.id) return false;
  }
  return false;
}

function scopeOf(node: Node): Pick<Routine, 'locals' | 'shared'> {
  const nested = [...within(node)].filter((each) => each.id !== node.id && isScope(each));
  const declared = [...within(node, isScope)]
    .filter(({ type }) => type === 'global_statement' || type === 'nonlocal_statement')
    .flatMap((each) => children(each).map(({ text }) => text));
  // What a nested function assigns is its own, unless it says that it is ours.
  const foreign = nested.flatMap((each) =>
    [...within(each)]
      .filter(({ type }) => type === 'nonlocal_statement' || type === 'global_statement')
      .flatMap((statement) => children(statement).map(({ text }) => text)),
  );
  return { locals: new Set(assignedIn(node, isScope)), shared: new Set([...declared, ...foreign]) };
}

// ---- Statements ------------------------------------------------------------------------------------------------------------

const statementsOf = (nodes: Node[]): Statement[] => nodes.flatMap(statementOf);

type Place = Pick<Statement, 'line' | 'endLine'>;

function statementOf(node: Node): Statement[] {
  const place = { line: lineOf(node), endLine: node.endPosition.row };
  const unsupported = (construct: string): Statement[] => [{ ...place, kind: 'unsupported', construct }];
  switch (node.type) {
    case 'expression_statement':
      return expressionStatement(node, place);
    case 'assert_statement': {
      const [condition] = children(node);
      return hasNamedExpression(node)
        ? unsupported('assignment within a condition')
        : [{ ...place, kind: 'assert', condition: expressionOf(condition!), text: condition!.text }];
    }
    case 'if_statement':
      return ifStatement(node, place);
    case 'while_statement':
    case 'for_statement':
      return [loopOf(node, place)];
    case 'return_statement':
    case 'raise_statement':
    case 'break_statement':
    case 'continue_statement':
      return [{ ...place, kind: 'exit' }];
    case 'pass_statement':
    case 'global_statement':
    case 'nonlocal_statement':
      return [{ ...place, kind: 'nothing' }];
    case 'import_statement':
    case 'import_from_statement':
    case 'function_definition':
    case 'class_definition':
      return boundBy(node).map((name) => ({
        ...place,
        kind: 'assign',
        name,
        value: unknownOf(node, describe(node)),
      }));
    default:
      return unsupported(describe(node));
  }
}

/** Names that an import or a definition gives a new meaning. */
function boundBy(node: Node): string[] {
  const name = node.childForFieldName('name');
  if (!node.type.startsWith('import')) return name === null ? [] : [name.text];
  return children(node).flatMap((each) => [...within(each)].filter(({ type }) => type === 'identifier').map(({ text }) => text));
}

const hasNamedExpression = (node: Node): boolean =>
  [...within(node)].some(({ type }) => type === 'named_expression');

function expressionStatement(node: Node, place: Place): Statement[] {
  const [inner] = children(node);
  const unsupported = (construct: string): Statement[] => [{ ...place, kind: 'unsupported', construct }];
  if (inner === undefined || hasNamedExpression(node)) return unsupported('assignment within an expression');
  if (inner.type !== 'assignment' && inner.type !== 'augmented_assignment')
    return inner.type === 'string' ? [{ ...place, kind: 'nothing' }] : [{ ...place, kind: 'effect' }];
  const [left, right] = [inner.childForFieldName('left')!, inner.childForFieldName('right')];
  if (left.type === 'attribute' || left.type === 'subscript') return [{ ...place, kind: 'effect' }];
  if (left.type !== 'identifier') return unsupported('assignment to several names');
  if (right === null) return [{ ...place, kind: 'nothing' }];
  if (right.type === 'assignment') return unsupported('chained assignment');
  const declared = inner.childForFieldName('type') === null ? undefined : declarationOf(inner);
  return [{ ...place, kind: 'assign', name: left.text, value: assignedValue(inner, left, right), declared }];
}

function assignedValue(node: Node, left: Node, right: Node): SourceExpression {
  if (node.type === 'assignment') return expressionOf(right);
  const sign = node.childForFieldName('operator')!.text.slice(0, -1);
  if (sign !== '+' && sign !== '-' && sign !== '*') return unknownOf(node, `operator ${sign}=`);
  const line = lineOf(node);
  return {
    line,
    kind: 'arithmetic',
    operator: sign,
    left: { line, kind: 'name', name: left.text },
    right: expressionOf(right),
  };
}

function ifStatement(node: Node, place: Place): Statement[] {
  const alternatives = node.childrenForFieldName('alternative').filter((each) => each !== null);
  const branch = (holder: Node, rest: Node[]): Statement[] => {
    const condition = holder.childForFieldName('condition')!;
    const at = { line: lineOf(holder), endLine: place.endLine };
    if (hasNamedExpression(condition))
      return [{ ...at, kind: 'unsupported', construct: 'assignment within a condition' }];
    const [next, ...others] = rest;
    return [
      {
        ...at,
        kind: 'if',
        condition: expressionOf(condition),
        text: condition.text,
        then: statementsOf(children(holder.childForFieldName('consequence')!)),
        else:
          next === undefined
            ? []
            : next.type === 'elif_clause'
              ? branch(next, others)
              : statementsOf(children(next.childForFieldName('body')!)),
      },
    ];
  };
  return branch(node, alternatives);
}

function loopOf(node: Node, place: Place): Statement {
  const condition = node.type === 'while_statement' ? node.childForFieldName('condition') : null;
  if (node.childForFieldName('alternative') !== null)
    return { ...place, kind: 'unsupported', construct: 'else of a loop' };
  if (hasNamedExpression(node) && condition !== null && hasNamedExpression(condition))
    return { ...place, kind: 'unsupported', construct: 'assignment within a condition' };
  const body = node.childForFieldName('body')!;
  return {
    ...place,
    kind: 'loop',
    condition: condition === null ? undefined : expressionOf(condition),
    text: condition?.text ?? '',
    body: statementsOf(children(body)),
    assigned: assignedIn(node, isScope),
    canBreak: [...within(body, isScope)].some(({ type }) => type === 'break_statement'),
  };
}

// ---- Expressions -------------------------------------------------------------------------------------------------------------

function unknownOf(node: Node, construct: string): SourceExpression {
  const hasCall = [...within(node)].some(({ type }) => /call|await|yield|interpolation/.test(type));
  return { line: lineOf(node), kind: 'unknown', construct, hasCall };
}

function expressionOf(node: Node): SourceExpression {
  const line = lineOf(node);
  switch (node.type) {
    case 'parenthesized_expression':
      return children(node).length === 1 ? expressionOf(children(node)[0]!) : unknownOf(node, describe(node));
    case 'identifier':
      return { line, kind: 'name', name: node.text };
    case 'none':
      return { line, kind: 'nothing', which: 'None' };
    case 'integer':
    case 'float':
      return { line, kind: 'number', text: node.text.replaceAll('_', '') };
    case 'true':
    case 'false':
      return { line, kind: 'boolean', value: node.type === 'true' };
    case 'string':
      return stringOf(node);
    case 'not_operator':
      return { line, kind: 'not', operand: expressionOf(node.childForFieldName('argument')!) };
    case 'unary_operator':
      return node.childForFieldName('operator')?.text === '-'
        ? { line, kind: 'negative', operand: expressionOf(node.childForFieldName('argument')!) }
        : unknownOf(node, describe(node));
    case 'boolean_operator':
      return {
        line,
        kind: 'logic',
        operator: node.childForFieldName('operator')!.text as 'and' | 'or',
        left: expressionOf(node.childForFieldName('left')!),
        right: expressionOf(node.childForFieldName('right')!),
      };
    case 'binary_operator':
      return binary(node);
    case 'comparison_operator':
      return comparison(node);
    case 'call':
      return callOf(node);
    default:
      return unknownOf(node, describe(node));
  }
}

/** Plain strings only: no prefix, no escape, one line. */
function stringOf(node: Node): SourceExpression {
  const match = /^(?:'([^'\\\n]*)'|"([^"\\\n]*)")$/.exec(node.text);
  return match === null
    ? unknownOf(node, 'string of another form')
    : { line: lineOf(node), kind: 'string', value: match[1] ?? match[2]! };
}

function binary(node: Node): SourceExpression {
  const sign = node.childForFieldName('operator')!.text;
  if (sign !== '+' && sign !== '-' && sign !== '*') return unknownOf(node, `operator ${sign}`);
  return {
    line: lineOf(node),
    kind: 'arithmetic',
    operator: sign,
    left: expressionOf(node.childForFieldName('left')!),
    right: expressionOf(node.childForFieldName('right')!),
  };
}

/** `a < b < c` is both. `is` compares identities, which is asked of None, True and False alone. */
function comparison(node: Node): SourceExpression {
  const line = lineOf(node);
  const operands = children(node);
  const signs = node.childrenForFieldName('operators').map((each) => each?.text ?? '');
  const parts = signs.map((sign, index): SourceExpression => {
    const operator = COMPARISONS[sign];
    const [left, right] = [expressionOf(operands[index]!), expressionOf(operands[index + 1]!)];
    const isIdentity = sign.startsWith('is') && right.kind !== 'nothing' && right.kind !== 'boolean';
    if (operator === undefined || isIdentity) return unknownOf(node, `operator ${sign}`);
    return { line, kind: 'comparison', operator, left, right };
  });
  return parts.reduce((left, right) => ({ line, kind: 'logic', operator: 'and', left, right }));
}

function callOf(node: Node): SourceExpression {
  const [argument, ...more] = children(node.childForFieldName('arguments')!);
  const isLength = node.childForFieldName('function')?.text === 'len' && more.length === 0;
  return isLength && argument?.type === 'identifier'
    ? { line: lineOf(node), kind: 'length', of: argument.text }
    : unknownOf(node, 'call');
}
