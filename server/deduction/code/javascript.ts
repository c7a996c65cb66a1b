/** JavaScript and TypeScript as programs of the subset. */
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

const FUNCTIONS = new Set([
  'function_declaration',
  'function_expression',
  'arrow_function',
  'method_definition',
  'generator_function_declaration',
  'generator_function',
]);
const isFunction = (node: Node): boolean => FUNCTIONS.has(node.type);

const COMPARISONS: Record<string, ComparisonOperator> = {
  '===': '=',
  '==': '=',
  '!==': '!=',
  '!=': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};

export const javascript = (parse: Parse): Language => ({
  routineAt(source, line) {
    const { rootNode } = parse(source);
    const routine = innermost(rootNode, line, FUNCTIONS);
    refuseErrors(routine ?? rootNode);
    return routine === undefined ? topLevel(rootNode, parse) : routineOf(routine, parse);
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

function topLevel(root: Node, parse: Parse): Routine {
  return { ...scopeOf(root), parameters: new Map(), body: statementsOf(children(root)), preconditions: preconditions(root, parse) };
}

function routineOf(node: Node, parse: Parse): Routine {
  const parameters = parametersOf(node);
  const body = node.childForFieldName('body');
  const scope = scopeOf(node);
  for (const name of parameters.keys()) scope.locals.add(name);
  return {
    ...scope,
    parameters,
    body: body?.type === 'statement_block' ? statementsOf(children(body)) : [],
    preconditions: preconditions(node, parse),
  };
}

/** From the comment right before the function, or before the declaration or export that holds it. */
function preconditions(node: Node, parse: Parse): Routine['preconditions'] {
  let holder = node;
  while (holder.parent !== null && lineOf(holder.parent) === lineOf(node) && holder.parent.type !== 'program')
    holder = holder.parent;
  const comment = holder.previousNamedSibling;
  if (comment?.type !== 'comment' || comment.endPosition.row < lineOf(holder) - 1) return [];
  return preconditionsIn(comment.text).map((text) => ({
    condition: conditionOf(text, parse),
    text,
    line: lineOf(comment),
  }));
}

/** A default value makes any value possible where none is given, so its parameter has no declared type. */
function parametersOf(node: Node): Map<string, Declaration> {
  const single = node.childForFieldName('parameter');
  if (single !== null) return new Map([[single.text, { isNullable: true }]]);
  const list = node.childForFieldName('parameters');
  const found = new Map<string, Declaration>();
  for (const parameter of list === null ? [] : children(list)) {
    const pattern = parameter.childForFieldName('pattern') ?? parameter;
    if (pattern.type === 'identifier') found.set(pattern.text, declarationOf(parameter));
    // Names taken apart are local, and may be anything.
    else for (const name of namesIn(parameter)) found.set(name, { isNullable: true });
  }
  return found;
}

const namesIn = (node: Node): string[] =>
  [...within(node)]
    .filter(({ type }) => type === 'identifier' || type === 'shorthand_property_identifier_pattern')
    .map(({ text }) => text);

const TYPES: Record<string, Declaration['type']> = { number: 'number', boolean: 'boolean', string: 'string' };

function declarationOf(holder: Node): Declaration {
  const annotation = holder.childForFieldName('type')?.text.replace(/^\s*:\s*/, '');
  if (annotation === undefined) return { isNullable: true };
  const parts = annotation.split('|').map((part) => part.trim());
  const values = parts.filter((part) => part !== 'null' && part !== 'undefined');
  const isNullable = values.length < parts.length || holder.type === 'optional_parameter';
  const type = values.length === 1 ? TYPES[values[0]!] : undefined;
  return { type, isNullable: isNullable || type === undefined };
}

const ASSIGNMENTS = new Set(['assignment_expression', 'augmented_assignment_expression', 'update_expression']);

/** Names that a node assigns or declares, as far as they are plain names. */
function assignedIn(node: Node, isBorder?: (node: Node) => boolean): string[] {
  return [...within(node, isBorder)].flatMap((each) => {
    if (ASSIGNMENTS.has(each.type)) {
      const target = each.childForFieldName('left') ?? each.childForFieldName('argument');
      return target === null ? [] : target.type === 'identifier' ? [target.text] : targetsOf(target);
    }
    if (each.type === 'variable_declarator') return namesIn(each.childForFieldName('name')!);
    if (each.type === 'for_in_statement') return namesIn(each.childForFieldName('left')!);
    return [];
  });
}

/** A pattern assigns its names; a property or an element is no local name. */
const targetsOf = (target: Node): string[] => (target.type.endsWith('pattern') ? namesIn(target) : []);

function scopeOf(node: Node): Pick<Routine, 'locals' | 'shared'> {
  const nested = [...within(node)].filter((each) => each !== node && isFunction(each));
  const shared = nested.flatMap((each) => assignedIn(each));
  const declared = [...within(node, isFunction)]
    .filter(({ type }) => type === 'variable_declarator')
    .flatMap((each) => namesIn(each.childForFieldName('name')!));
  // Declared twice, a name may stand for two variables, of which a block hides one.
  const twice = [...declared, ...parametersOf(node).keys()].filter((name, place, all) => all.indexOf(name) < place);
  return { locals: new Set(declared), shared: new Set([...shared, ...twice]) };
}

// ---- Statements ----------------------------------------------------------------------------------------------------------

const statementsOf = (nodes: Node[]): Statement[] => nodes.flatMap(statementOf);

function statementOf(node: Node): Statement[] {
  const place = { line: lineOf(node), endLine: node.endPosition.row };
  const unsupported = (what: Node = node): Statement[] => [
    { ...place, kind: 'unsupported', construct: describe(what) },
  ];
  switch (node.type) {
    case 'lexical_declaration':
    case 'variable_declaration':
      return children(node).flatMap((declarator) => declaratorOf(declarator, place));
    case 'expression_statement':
      return expressionStatement(children(node)[0]!, place);
    case 'if_statement':
      return ifStatement(node, place);
    case 'while_statement':
    case 'do_statement':
    case 'for_statement':
    case 'for_in_statement':
      return [loopOf(node, place)];
    case 'statement_block':
      // A block may declare a name anew; it is then another variable than outside.
      return statementsOf(children(node));
    case 'return_statement':
    case 'throw_statement':
    case 'break_statement':
    case 'continue_statement':
      if (node.childForFieldName('label') !== null) return unsupported();
      return assignedIn(node, isFunction).length > 0 ? unsupported() : [{ ...place, kind: 'exit' }];
    case 'empty_statement':
    case 'import_statement':
    case 'interface_declaration':
    case 'type_alias_declaration':
    case 'function_declaration':
      return [{ ...place, kind: 'nothing' }];
    case 'export_statement': {
      const declaration = node.childForFieldName('declaration');
      return declaration === null ? [{ ...place, kind: 'nothing' }] : statementOf(declaration);
    }
    default:
      return unsupported();
  }
}

type Place = Pick<Statement, 'line' | 'endLine'>;

function declaratorOf(node: Node, place: Place): Statement[] {
  const name = node.childForFieldName('name');
  const value = node.childForFieldName('value');
  if (name?.type !== 'identifier') return [{ ...place, kind: 'unsupported', construct: 'destructuring' }];
  if (value === null)
    return [{ ...place, kind: 'assign', name: name.text, value: unknownOf(node, 'declaration without a value') }];
  if (isFunction(value)) return [{ ...place, kind: 'nothing' }];
  if (hasAssignment(value)) return [{ ...place, kind: 'unsupported', construct: 'assignment within an expression' }];
  const declared = node.childForFieldName('type') === null ? undefined : declarationOf(node);
  return [{ ...place, kind: 'assign', name: name.text, value: expressionOf(value), declared }];
}

const hasAssignment = (node: Node): boolean =>
  [...within(node, isFunction)].some(({ type }) => ASSIGNMENTS.has(type));

function expressionStatement(node: Node, place: Place): Statement[] {
  const target = node.childForFieldName('left') ?? node.childForFieldName('argument');
  const value = node.childForFieldName('right');
  if (ASSIGNMENTS.has(node.type)) {
    if (value !== null && hasAssignment(value))
      return [{ ...place, kind: 'unsupported', construct: 'assignment within an expression' }];
    if (target?.type !== 'identifier')
      return target !== null && targetsOf(target).length > 0
        ? [{ ...place, kind: 'unsupported', construct: 'destructuring' }]
        : [{ ...place, kind: 'effect' }];
    return [{ ...place, kind: 'assign', name: target.text, value: assignedValue(node, target, value) }];
  }
  if (hasAssignment(node)) return [{ ...place, kind: 'unsupported', construct: describe(node) }];
  const asserted = assertedCondition(node);
  if (asserted !== undefined)
    return [{ ...place, kind: 'assert', condition: expressionOf(asserted), text: node.text }];
  return [{ ...place, kind: 'effect' }];
}

function assignedValue(node: Node, target: Node, value: Node | null): SourceExpression {
  const line = lineOf(node);
  if (node.type === 'assignment_expression') return expressionOf(value!);
  const sign = (node.childForFieldName('operator')?.text ?? '').slice(0, -1);
  const isStep = node.type === 'update_expression';
  if (!['+', '-', '*'].includes(sign)) return unknownOf(node, describe(node));
  return {
    line,
    kind: 'arithmetic',
    operator: sign as '+' | '-' | '*',
    left: { line, kind: 'name', name: target.text },
    right: isStep ? { line, kind: 'number', text: '1' } : expressionOf(value!),
  };
}

/** `assert(x)` and `assert.ok(x)` throw where x does not hold; `console.assert` does not. */
function assertedCondition(node: Node): Node | undefined {
  if (node.type !== 'call_expression') return undefined;
  const name = node.childForFieldName('function')?.text;
  if (name !== 'assert' && name !== 'assert.ok' && name !== 'invariant') return undefined;
  return children(node.childForFieldName('arguments')!)[0];
}

function ifStatement(node: Node, place: Place): Statement[] {
  const condition = node.childForFieldName('condition')!;
  if (hasAssignment(condition))
    return [{ ...place, kind: 'unsupported', construct: 'assignment within a condition' }];
  const alternative = node.childForFieldName('alternative');
  return [
    {
      ...place,
      kind: 'if',
      condition: expressionOf(condition),
      text: inner(condition).text,
      then: statementOf(node.childForFieldName('consequence')!),
      else: alternative === null ? [] : statementsOf(children(alternative)),
    },
  ];
}

function loopOf(node: Node, place: Place): Statement {
  const condition = node.type === 'while_statement' ? node.childForFieldName('condition') : forCondition(node);
  if (condition !== null && hasAssignment(condition))
    return { ...place, kind: 'unsupported', construct: 'assignment within a condition' };
  const body = node.childForFieldName('body')!;
  return {
    ...place,
    kind: 'loop',
    condition: condition === null ? undefined : expressionOf(condition),
    text: condition === null ? '' : inner(condition).text,
    body: statementOf(body),
    assigned: assignedIn(node, isFunction),
    canBreak: [...within(body, isFunction)].some(({ type }) => type === 'break_statement'),
  };
}

function forCondition(node: Node): Node | null {
  const condition = node.type === 'for_statement' ? node.childForFieldName('condition') : null;
  if (condition?.type === 'expression_statement') return children(condition)[0] ?? null;
  return condition?.type === 'empty_statement' ? null : condition;
}

const inner = (node: Node): Node => (node.type === 'parenthesized_expression' ? children(node)[0]! : node);

// ---- Expressions -----------------------------------------------------------------------------------------------------------

function unknownOf(node: Node, construct: string): SourceExpression {
  const hasCall = [...within(node)].some(({ type }) => /call|new_|await|yield|template/.test(type));
  return { line: lineOf(node), kind: 'unknown', construct, hasCall };
}

function expressionOf(node: Node): SourceExpression {
  const line = lineOf(node);
  switch (node.type) {
    case 'parenthesized_expression':
      return children(node).length === 1 ? expressionOf(children(node)[0]!) : unknownOf(node, describe(node));
    case 'as_expression':
    case 'non_null_expression':
    case 'satisfies_expression':
      return expressionOf(children(node)[0]!);
    case 'identifier':
      // NaN and Infinity are no numbers of the subset.
      return node.text === 'NaN' || node.text === 'Infinity'
        ? unknownOf(node, node.text)
        : { line, kind: 'name', name: node.text };
    case 'undefined':
    case 'null':
      return { line, kind: 'nothing', which: node.type };
    case 'number':
      return { line, kind: 'number', text: node.text.replaceAll('_', '') };
    case 'string':
      return stringOf(node);
    case 'true':
    case 'false':
      return { line, kind: 'boolean', value: node.type === 'true' };
    case 'unary_expression':
      return unary(node);
    case 'binary_expression':
      return binary(node);
    case 'member_expression':
      return memberOf(node);
    default:
      return unknownOf(node, describe(node));
  }
}

function stringOf(node: Node): SourceExpression {
  const text = node.text.slice(1, -1);
  return text.includes('\\')
    ? unknownOf(node, 'string with an escape')
    : { line: lineOf(node), kind: 'string', value: text };
}

function unary(node: Node): SourceExpression {
  const line = lineOf(node);
  const argument = node.childForFieldName('argument')!;
  switch (node.childForFieldName('operator')!.text) {
    case '!':
      return { line, kind: 'not', operand: expressionOf(argument) };
    case '-':
      return { line, kind: 'negative', operand: expressionOf(argument) };
    case 'typeof':
      return argument.type === 'identifier'
        ? { line, kind: 'type', of: argument.text }
        : unknownOf(node, 'typeof of an expression');
    default:
      return unknownOf(node, describe(node));
  }
}

function binary(node: Node): SourceExpression {
  const line = lineOf(node);
  const sign = node.childForFieldName('operator')!.text;
  const [leftNode, rightNode] = [node.childForFieldName('left')!, node.childForFieldName('right')!];
  const [left, right] = [expressionOf(leftNode), expressionOf(rightNode)];
  if (sign === '&&' || sign === '||')
    return { line, kind: 'logic', operator: sign === '&&' ? 'and' : 'or', left, right };
  if (sign === '+' || sign === '-' || sign === '*')
    return { line, kind: 'arithmetic', operator: sign, left, right };
  const operator = COMPARISONS[sign];
  if (operator === undefined) return unknownOf(node, `operator ${sign}`);
  const isLoose = sign === '==' || sign === '!=';
  return {
    line,
    kind: 'comparison',
    operator,
    left: isLoose ? loosely(left) : left,
    right: isLoose ? loosely(right) : right,
  };
}

/** `x == null` is true of undefined as well, and the other way round. */
const loosely = (expression: SourceExpression): SourceExpression =>
  expression.kind === 'nothing' ? { ...expression, which: 'null or undefined' } : expression;

function memberOf(node: Node): SourceExpression {
  const object = node.childForFieldName('object')!;
  const isLength = node.childForFieldName('property')?.text === 'length' && object.type === 'identifier';
  return isLength ? { line: lineOf(node), kind: 'length', of: object.text } : unknownOf(node, 'property');
}
