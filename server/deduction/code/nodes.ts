/** Helpers on syntax trees that both languages use. */
import type { Node } from 'web-tree-sitter';
import { SourceError } from './program.ts';

export const lineOf = (node: Node): number => node.startPosition.row;

export const children = (node: Node): Node[] =>
  node.namedChildren.filter((child) => child !== null && child.type !== 'comment');

/** The node and all below it, but not into nodes that `isBorder`. */
export function* within(node: Node, isBorder: (node: Node) => boolean = () => false): Generator<Node> {
  const stack = [node];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    yield next;
    if (next !== node && isBorder(next)) continue;
    stack.push(...next.namedChildren.filter((child) => child !== null).reverse());
  }
}

export const contains = (node: Node, line: number): boolean =>
  node.startPosition.row <= line && line <= node.endPosition.row;

/** The innermost of some kinds of node around a line. */
export function innermost(root: Node, line: number, types: ReadonlySet<string>): Node | undefined {
  let found: Node | undefined;
  for (const node of within(root)) if (types.has(node.type) && contains(node, line)) found = node;
  return found;
}

const PRECONDITION = /(?:@pre(?:condition)?|:pre(?:condition)?:|requires:)[ \t]+([^\n]+)/gi;

/** Conditions of a doc comment: `@pre x > 0`, `:pre: x > 0`, `Requires: x > 0`. */
export const preconditionsIn = (comment: string): string[] =>
  [...comment.matchAll(PRECONDITION)].map(([, text]) => text!.replace(/\s*(?:\*\/|""")?\s*$/, '').replace(/[.;]$/, '').trim());

/** What a reader calls it. */
export const describe = (node: Node): string => node.type.replaceAll('_', ' ');

/** What the parser repaired may not be what was meant. @throws SourceError */
export function refuseErrors(node: Node): void {
  if (!node.hasError) return;
  const line = [...within(node)].find((each) => each.isError || each.isMissing)?.startPosition.row;
  throw new SourceError(`the code has a syntax error${line === undefined ? '' : ` in line ${line + 1}`}`);
}
