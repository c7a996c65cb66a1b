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

/** Alternating shared and changed regions. */
export function regions(a: string[], b: string[]): Region[] {
  const found: Region[] = [];
  for (const { added, removed, value } of diffArrays(a, b)) {
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
