/** From two versions of a file to the pieces that are judged one by one. */
import type { Hunk } from '../protocol/judgment.ts';
import { sameCode } from './judge.ts';
import { joinLines, regions, splitLines } from './line-diff.ts';

/** A hunk with the code around it, as the judge reads it: `before` is `after` with this hunk undone. */
export interface JudgedPiece {
  hunk: Hunk;
  before: string;
  after: string;
}

/** Changes this close to each other are one hunk. */
const MERGE_DISTANCE = 3;
/** Lines looked through on each side for the enclosing function's first and last line. */
const MAX_CONTEXT = 24;

interface Span {
  start: number;
  end: number;
}

interface Change {
  before: Span;
  after: Span;
}

/** The hunks between two versions of a file; those that change white space at line ends only are left out. */
export function hunksOf(file: string, before: string, after: string): JudgedPiece[] {
  const [old, current] = [splitLines(before), splitLines(after)];
  return mergeNear(changes(old, current)).flatMap((change) => {
    const piece = withContext(change, old, current);
    if (sameCode({ a: piece.before, b: piece.after })) return [];
    return [{ hunk: { file, before: lineRange(change.before), after: lineRange(change.after) }, ...piece }];
  });
}

const lineRange = ({ start, end }: Span) => ({ startLine: start, endLine: end });

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

function mergeNear(list: Change[]): Change[] {
  const merged: Change[] = [];
  for (const change of list) {
    const last = merged.at(-1);
    if (last !== undefined && change.after.start - last.after.end <= MERGE_DISTANCE)
      merged[merged.length - 1] = {
        before: { start: last.before.start, end: change.before.end },
        after: { start: last.after.start, end: change.after.end },
      };
    else merged.push(change);
  }
  return merged;
}

/**
 * The change with the function around it as the version after has it, on both sides: other changes nearby count as
 * made, so what differs is this change alone, and A against B asks whether undoing it would be better.
 */
function withContext(change: Change, old: string[], current: string[]): { before: string; after: string } {
  const { above, below } = enclosing(change, old, current);
  const { start, end } = change.after;
  const [head, tail] = [current.slice(start - above, start), current.slice(end, end + below)];
  const within = (lines: string[]) => joinLines([...head, ...lines, ...tail]);
  return {
    before: within(old.slice(change.before.start, change.before.end)),
    after: within(current.slice(start, end)),
  };
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
