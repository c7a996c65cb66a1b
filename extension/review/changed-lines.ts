/** Which lines of the version after changed; of a deletion, the empty range it left. */
import { diffArrays } from 'diff';
import type { LineRange } from '../../server/protocol/judgment.ts';
import { linesOf } from './anchor.ts';

/** A diff's time grows with the square of the changes; texts that differ in more lines count as all changed. */
const MAX_CHANGED_LINES = 1000;

export function changedLines(before: string, after: string): LineRange[] {
  const lines = linesOf(after);
  const pieces = diffArrays(linesOf(before), lines, { maxEditLength: MAX_CHANGED_LINES });
  if (pieces === undefined) return [{ startLine: 0, endLine: lines.length }];
  const ranges: LineRange[] = [];
  let line = 0;
  for (const { added, removed, value } of pieces) {
    const last = ranges.at(-1);
    const startLine = line;
    if (!removed) line += value.length;
    if (!added && !removed) continue;
    if (last?.endLine === startLine) last.endLine = line;
    else ranges.push({ startLine, endLine: line });
  }
  return ranges;
}
