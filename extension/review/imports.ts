/** Import statements by their first words: languages agree enough on them that no parser is needed. */
import type { LineRange } from '../../server/protocol/judgment.ts';

const IMPORT =
  /^(?:import\b|from\s+\S+\s+import\b|export\b.*\bfrom\s|use\s|using\s|#include\b|require\b|(?:const|let|var)\b.*=\s*require\()/;
const MAX_LINES = 40;

/** Ranges of consecutive import lines, those of several lines included; the first so many lines of them. */
export function importsOf(lines: readonly string[]): LineRange[] {
  const ranges: LineRange[] = [];
  let taken = 0;
  for (let line = 0; line < lines.length && taken < MAX_LINES; line++) {
    if (!IMPORT.test(lines[line]!)) continue;
    const endLine = endOf(lines, line);
    const last = ranges.at(-1);
    if (last?.endLine === line) last.endLine = endLine;
    else ranges.push({ startLine: line, endLine });
    taken += endLine - line;
    line = endLine - 1;
  }
  return ranges;
}

/** The line after an import whose list in braces or parentheses may go on below. */
function endOf(lines: readonly string[], start: number): number {
  if (!/[{(][^})]*$/.test(lines[start]!)) return start + 1;
  const close = lines.slice(start + 1, start + MAX_LINES).findIndex((line) => /[})]/.test(line));
  return close < 0 ? start + 1 : start + close + 2;
}
