/** Line diffs (Myers): what the compact prompt, the trimming of context and the hunks of a review are made of. */
import { diffArrays } from 'diff';

/** Consecutive lines that both versions share (`a` equals `b`), or A's against B's. */
export interface Region {
  same: boolean;
  a: string[];
  b: string[];
}

/** Lines without their ends; a last newline opens no further line; CRLF counts as LF. */
export function splitLines(text: string): string[] {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Each line ended by a newline. */
export const joinLines = (lines: string[]): string => lines.map((line) => `${line}\n`).join('');

/** Myers' time grows with the square of the changed lines: with more than these, all between first and last is one change. */
const MAX_CHANGED_LINES = 2000;

/** Alternating shared and changed regions. */
export function regions(a: string[], b: string[]): Region[] {
  const pieces = diffArrays(a, b, { maxEditLength: MAX_CHANGED_LINES });
  if (pieces === undefined) return oneChange(a, b);
  const found: Region[] = [];
  for (const { added, removed, value } of pieces) {
    const last = found.at(-1);
    if (!added && !removed) found.push({ same: true, a: value, b: value });
    else {
      const changed = last?.same === false ? last : { same: false, a: [], b: [] };
      if (changed !== last) found.push(changed);
      (added ? changed.b : changed.a).push(...value);
    }
  }
  return found;
}

/** The lines that both versions begin and end with, and one change between them. */
function oneChange(a: string[], b: string[]): Region[] {
  const shorter = Math.min(a.length, b.length);
  let head = 0;
  while (head < shorter && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < shorter - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const [aTail, bTail] = [a.length - tail, b.length - tail];
  return [
    { same: true, a: a.slice(0, head), b: b.slice(0, head) },
    { same: false, a: a.slice(head, aTail), b: b.slice(head, bTail) },
    { same: true, a: a.slice(aTail), b: b.slice(bTail) },
  ].filter((region) => region.a.length + region.b.length > 0);
}
