/** An edit as hunks that can be accepted one by one. */
import { diffArrays } from 'diff';
import { linesOf } from '../review/anchor.ts';

/** Lines that give way to others; either may be none. */
export interface Hunk {
  /** Number of the first line in the text before, from 0. */
  line: number;
  removed: string[];
  added: string[];
}

/** A diff's time grows with the square of the changes; texts that differ in more lines are one hunk. */
const MAX_CHANGED_LINES = 2000;

/** Line ends are no change: the document keeps its own. Neighbouring changes are one hunk: half of such a change would be nobody's code. */
export function hunksOf(before: string, after: string): Hunk[] {
  const [old, wanted] = [linesOf(before), linesOf(after)];
  const pieces = diffArrays(old, wanted, { maxEditLength: MAX_CHANGED_LINES });
  if (pieces === undefined) return [{ line: 0, removed: old, added: wanted }];
  const hunks: Hunk[] = [];
  let line = 0;
  let current: Hunk | undefined;
  for (const { added, removed, value } of pieces) {
    if (!added && !removed) {
      line += value.length;
      current = undefined;
      continue;
    }
    if (current === undefined) hunks.push((current = { line, removed: [], added: [] }));
    if (added) current.added.push(...value);
    else {
      current.removed.push(...value);
      line += value.length;
    }
  }
  return hunks;
}

/** The text with some of its hunks made. */
export function withHunks(before: string, hunks: readonly Hunk[]): string {
  const lines = linesOf(before);
  for (const { line, removed, added } of hunks.toSorted((a, b) => b.line - a.line))
    lines.splice(line, removed.length, ...added);
  return lines.join('\n');
}

/** `line 14: 2 lines become 3`. @param firstLine number of the text's first line in its document, from 0. */
export function describeHunk({ line, removed, added }: Hunk, firstLine: number): string {
  const place = `line ${firstLine + line + 1}`;
  const count = (lines: string[]) => `${lines.length} ${lines.length === 1 ? 'line' : 'lines'}`;
  if (removed.length === 0) return `${place}: ${count(added)} added`;
  if (added.length === 0) return `${place}: ${count(removed)} removed`;
  return removed.length === added.length
    ? `${place}: ${count(removed)} changed`
    : `${place}: ${count(removed)} ${removed.length === 1 ? 'becomes' : 'become'} ${added.length}`;
}
