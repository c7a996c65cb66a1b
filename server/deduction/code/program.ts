/** What both languages have in common: statements and expressions of the subset, and names for what is outside it. */

/** A line of the source, from 0. */
type Line = number;

export type ComparisonOperator = '=' | '!=' | '<' | '<=' | '>' | '>=';

export type SourceExpression = { line: Line } & (
  | { kind: 'name'; name: string }
  | { kind: 'number'; text: string }
  | { kind: 'string'; value: string }
  | { kind: 'boolean'; value: boolean }
  /** null, undefined and None; `== null` means both of JavaScript's. */
  | { kind: 'nothing'; which: 'null' | 'undefined' | 'None' | 'null or undefined' }
  | { kind: 'arithmetic'; operator: '+' | '-' | '*'; left: SourceExpression; right: SourceExpression }
  | { kind: 'negative'; operand: SourceExpression }
  | { kind: 'not'; operand: SourceExpression }
  | { kind: 'logic'; operator: 'and' | 'or'; left: SourceExpression; right: SourceExpression }
  | { kind: 'comparison'; operator: ComparisonOperator; left: SourceExpression; right: SourceExpression }
  /** `x.length`, `len(x)`. */
  | { kind: 'length'; of: string }
  /** `typeof x`. */
  | { kind: 'type'; of: string }
  /** Outside the subset; its value may be any. */
  | { kind: 'unknown'; construct: string; hasCall: boolean }
);

export type DeclaredType = 'number' | 'integer' | 'boolean' | 'string';

export interface Declaration {
  type?: DeclaredType | undefined;
  /** Whether it may be null, undefined or None. */
  isNullable: boolean;
}

export type Statement = { line: Line; endLine: Line } & (
  | { kind: 'assign'; name: string; value: SourceExpression; declared?: Declaration | undefined }
  | { kind: 'assert'; condition: SourceExpression; text: string }
  | { kind: 'if'; condition: SourceExpression; text: string; then: Statement[]; else: Statement[] }
  /** `assigned`: names that its body may change. Without a condition it may run any number of times. */
  | {
      kind: 'loop';
      condition?: SourceExpression | undefined;
      text: string;
      body: Statement[];
      assigned: string[];
      canBreak: boolean;
    }
  /** Return, throw, raise, break, continue: what stands behind is not reached. */
  | { kind: 'exit' }
  /** Anything that may change what is not a local name: a call, an assignment to a property. */
  | { kind: 'effect' }
  | { kind: 'nothing' }
  /** Outside the subset: nothing is known behind or within it. */
  | { kind: 'unsupported'; construct: string }
);

export interface Routine {
  /** Name and type of each parameter. */
  parameters: Map<string, Declaration>;
  body: Statement[];
  /** From its doc comment. */
  preconditions: { condition: SourceExpression; text: string; line: Line }[];
  /** Assigned in it, its parameters included: no call from elsewhere changes them. */
  locals: Set<string>;
  /** Assigned by functions within it, or declared as another scope's: they may change at any time. */
  shared: Set<string>;
}

export interface Language {
  /** The innermost function around the line, or the whole text. @throws SourceError where its syntax has an error. */
  routineAt(source: string, line: Line): Routine;
  /** @throws SourceError if the text is no expression. */
  condition(text: string): SourceExpression;
}

/** Code or a condition that cannot be read: the message says which. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}
