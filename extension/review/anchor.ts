/**
 * Where a finding lies in a document that moves on: found again by its content after a reload or in another version,
 * and carried along while the user types.
 */
import type { LineRange } from '../../server/protocol/judgment.ts';

/** Changed lines with their neighbours, and where they were. Of a deletion only the neighbours are left. */
export interface Anchor {
  lines: string[];
  /** How many of the lines stand before the changed ones, and how many are changed. */
  head: number;
  changed: number;
  startLine: number;
}

const NEIGHBOURS = 2;

export const linesOf = (text: string): string[] => text.split(/\r?\n/);

/** Remembers a range by its lines; `firstLine` is the number of the first of `lines` in the file. */
export function anchorOf(lines: readonly string[], range: LineRange, firstLine = 0): Anchor {
  const start = range.startLine - firstLine;
  const end = range.endLine - firstLine;
  const head = Math.min(NEIGHBOURS, start);
  return {
    lines: lines.slice(start - head, end + NEIGHBOURS),
    head,
    changed: end - start,
    startLine: range.startLine,
  };
}

/** The place nearest to the old one that has all lines, else the changed ones; undefined if neither is there. */
export function locate(anchor: Anchor, document: readonly string[]): LineRange | undefined {
  const { lines, head, changed, startLine } = anchor;
  const whole = nearest(lines, document, startLine - head);
  if (whole !== undefined) return { startLine: whole + head, endLine: whole + head + changed };
  const alone = changed === 0 ? undefined : nearest(lines.slice(head, head + changed), document, startLine);
  return alone === undefined ? undefined : { startLine: alone, endLine: alone + changed };
}

function nearest(block: readonly string[], document: readonly string[], wanted: number): number | undefined {
  if (block.every((line) => line.trim() === '')) return undefined;
  let best: number | undefined;
  for (let start = 0; start + block.length <= document.length; start++) {
    const isHere = block.every((line, index) => document[start + index]!.trimEnd() === line.trimEnd());
    if (isHere && (best === undefined || Math.abs(start - wanted) < Math.abs(best - wanted))) best = start;
  }
  return best;
}

/** An edit of a document: lines from `startLine` to `endLine` gave way to so many more or, if negative, fewer. */
export interface LineEdit {
  startLine: number;
  endLine: number;
  added: number;
}

/** Where a range lies after an edit: below it the range moves, around it the range grows or shrinks. */
export function afterEdit({ startLine, endLine }: LineRange, edit: LineEdit): LineRange {
  if (edit.added === 0 || edit.startLine >= Math.max(endLine, startLine + 1)) return { startLine, endLine };
  if (edit.endLine <= startLine) return { startLine: startLine + edit.added, endLine: endLine + edit.added };
  const start = Math.min(startLine, edit.startLine);
  return { startLine: start, endLine: Math.max(start, endLine + edit.added) };
}
