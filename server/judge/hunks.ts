/** From two versions of a file to the pieces that are judged one by one. */
import type { Hunk, LineRange } from '../protocol/judgment.ts';
import { fingerprint } from '../review/fingerprint.ts';
import { MAX_CONTEXT } from './context.ts';
import { sameCode } from './judge.ts';
import { joinLines, regions, splitLines } from './line-diff.ts';

/** A hunk with the code around it, as the judge reads it: `before` is `after` with this hunk undone. */
export interface JudgedPiece {
  hunk: Hunk;
  before: string;
  after: string;
}

/** What is known of the two versions beside their text. */
export interface HunkOptions {
  /** Functions of the version after, as an editor's symbols have them; found by indentation without them. */
  functions?: readonly LineRange[] | undefined;
  /** Only hunks that touch these lines of the version after. */
  only?: LineRange | undefined;
  /** Where the texts begin in the file, if they are excerpts. */
  firstLine?: { before: number; after: number } | undefined;
}

/** Changes this close to each other are one hunk. */
const MERGE_DISTANCE = 3;
/** Changes in a function of at most so many lines are one hunk: half of a change makes no sense alone. */
const MAX_UNIT_LINES = 26;

interface Span {
  start: number;
  end: number;
}

interface Change {
  before: Span;
  after: Span;
}

/** The hunks between two versions of a file; those that change white space at line ends only are left out. */
export function hunksOf(
  file: string,
  before: string,
  after: string,
  { functions = [], only, firstLine = { before: 0, after: 0 } }: HunkOptions = {},
): JudgedPiece[] {
  const [old, current] = [splitLines(before), splitLines(after)];
  return mergeUnits(changes(old, current), functions).flatMap((change) => {
    if (only !== undefined && !touches(change.after, only)) return [];
    const piece = withContext(change, old, current, functions);
    if (sameCode({ a: piece.before, b: piece.after })) return [];
    const hunk = {
      file,
      before: lineRange(change.before, firstLine.before),
      after: lineRange(change.after, firstLine.after),
      fingerprint: fingerprint(linesOf(old, change.before), linesOf(current, change.after)),
    };
    return [{ hunk, ...piece }];
  });
}

const lineRange = ({ start, end }: Span, offset: number): LineRange => ({
  startLine: start + offset,
  endLine: end + offset,
});

const linesOf = (lines: string[], { start, end }: Span): string[] => lines.slice(start, end);

/** An empty range, as a deletion leaves it, counts as the line that follows it. */
const touches = ({ start, end }: Span, { startLine, endLine }: LineRange): boolean =>
  start < Math.max(endLine, startLine + 1) && Math.max(end, start + 1) > startLine;

function changes(old: string[], current: string[]): Change[] {
  const found: Change[] = [];
  let [inOld, inCurrent] = [0, 0];
  for (const { same, a, b } of regions(old, current)) {
    if (!same)
      found.push({
        before: { start: inOld, end: inOld + a.length },
        after: { start: inCurrent, end: inCurrent + b.length },
      });
    inOld += a.length;
    inCurrent += b.length;
  }
  return found;
}

/** Joins changes that are near each other, unless known functions part them, or that are in the same small function. */
function mergeUnits(list: Change[], functions: readonly LineRange[]): Change[] {
  const merged: Change[] = [];
  for (const change of list) {
    const last = merged.at(-1);
    if (last !== undefined && isOneUnit(last.after, change.after, functions))
      merged[merged.length - 1] = {
        before: { start: last.before.start, end: change.before.end },
        after: { start: last.after.start, end: change.after.end },
      };
    else merged.push(change);
  }
  return merged;
}

function isOneUnit(one: Span, other: Span, functions: readonly LineRange[]): boolean {
  const shared = innermost({ start: one.start, end: other.end }, functions);
  if (shared !== undefined && shared.endLine - shared.startLine <= MAX_UNIT_LINES) return true;
  const isNear = other.start - one.end <= MERGE_DISTANCE;
  return isNear && innermost(one, functions) === innermost(other, functions);
}

function innermost({ start, end }: Span, functions: readonly LineRange[]): LineRange | undefined {
  return functions
    .filter(({ startLine, endLine }) => startLine <= start && end <= endLine)
    .toSorted((a, b) => a.endLine - a.startLine - (b.endLine - b.startLine))[0];
}

/**
 * The change with the function around it as the version after has it, on both sides: other changes nearby count as
 * made, so what differs is this change alone, and A against B asks whether undoing it would be better.
 */
function withContext(
  change: Change,
  old: string[],
  current: string[],
  functions: readonly LineRange[],
): { before: string; after: string } {
  const { above, below } = within(change.after, functions) ?? enclosing(change, old, current);
  const { start, end } = change.after;
  const [head, tail] = [current.slice(start - above, start), current.slice(end, end + below)];
  const complete = (lines: string[]) => joinLines([...head, ...lines, ...tail]);
  return {
    before: complete(linesOf(old, change.before)),
    after: complete(linesOf(current, change.after)),
  };
}

/** The lines above and below in the innermost known function around the change, bounded on both sides. */
function within(change: Span, functions: readonly LineRange[]): { above: number; below: number } | undefined {
  const around = innermost(change, functions);
  return (
    around && {
      above: Math.min(MAX_CONTEXT, change.start - around.startLine),
      below: Math.min(MAX_CONTEXT, around.endLine - change.end),
    }
  );
}

const indentOf = (line: string): number => /^\s*/.exec(line)![0].length;
const HEADER = /\b(function|def|class|async|constructor|get|set)\b|=>|\)\s*(:\s*[\w<>[\]| ,]+)?\s*\{\s*$/;

/**
 * How many lines above and below belong to the innermost function around the change, by indentation: up to the
 * nearest less indented line that looks like a function's first, down to its last. Bounded on both sides.
 */
function enclosing(change: Change, old: string[], current: string[]): { above: number; below: number } {
  const changed = [
    ...old.slice(change.before.start, change.before.end),
    ...current.slice(change.after.start, change.after.end),
  ];
  const indents = changed.filter((line) => line.trim() !== '').map(indentOf);
  const inner = indents.length === 0 ? 0 : Math.min(...indents);
  const maxAbove = Math.min(MAX_CONTEXT, change.after.start);
  let above = 0;
  let headerIndent = -1;
  for (let step = 1; step <= maxAbove; step++) {
    const line = current[change.after.start - step]!;
    if (line.trim() === '' || indentOf(line) >= Math.max(inner, 1)) continue;
    above = step;
    headerIndent = indentOf(line);
    if (HEADER.test(line)) break;
  }
  if (above === 0) above = Math.min(maxAbove, MAX_CONTEXT / 2);
  const maxBelow = Math.min(MAX_CONTEXT, current.length - change.after.end);
  let below = 0;
  while (below < maxBelow) {
    const line = current[change.after.end + below]!;
    const outside = line.trim() !== '' && indentOf(line) <= headerIndent;
    // A closing brace at the header's indentation still belongs to the function; another header does not.
    if (outside && !/^\s*[})\]]/.test(line)) break;
    below++;
    if (outside) break;
  }
  return { above, below };
}
