/** Comments as problems: what the one at the cursor says, and which code it speaks of. */
import type { LineRange } from '../../server/protocol/judgment.ts';

/** A comment that has its lines to itself, or ends one. */
export interface Comment {
  lines: LineRange;
  text: string;
}

const WHOLE_LINE =
  /^\s*(?:\/\/+|#+(?!!)|--+|;+|%+|\*(?!\/)|\*\/(?=\s*$)|\/\*+|<!--)\s?(.*?)\s*(?:\*+\/|-->)?\s*$/;
const AT_END = /\s(?:\/\/|#|--)\s*((?:TODO|FIXME|BUG|HACK|XXX)\b.*)$/;

/** The comment on a line with the comment lines around it; a comment behind code if it asks for work (`TODO`). */
export function commentAt(lines: readonly string[], line: number): Comment | undefined {
  const behind = AT_END.exec(lines[line] ?? '');
  if (!isComment(lines[line]))
    return behind === null
      ? undefined
      : { lines: { startLine: line, endLine: line + 1 }, text: behind[1]!.trim() };
  let startLine = line;
  while (startLine > 0 && isComment(lines[startLine - 1])) startLine--;
  let endLine = line + 1;
  while (endLine < lines.length && isComment(lines[endLine])) endLine++;
  const text = lines
    .slice(startLine, endLine)
    .map((commented) => WHOLE_LINE.exec(commented)![1]!)
    .join('\n')
    .trim();
  return text === '' ? undefined : { lines: { startLine, endLine }, text };
}

const isComment = (line: string | undefined): boolean => line !== undefined && WHOLE_LINE.test(line);

/**
 * The code that a comment speaks of: the innermost function around it, else itself and the lines below it up to the
 * first empty one.
 */
export function codeAround(
  lines: readonly string[],
  { startLine, endLine }: LineRange,
  functions: readonly LineRange[],
): LineRange {
  const around = functions
    .filter((range) => range.startLine <= startLine && endLine <= range.endLine)
    .toSorted((a, b) => a.endLine - a.startLine - (b.endLine - b.startLine))[0];
  // Language servers differ in whether a function begins with the comment above it.
  const below = functions.find((range) => range.startLine === endLine);
  if (around !== undefined) return around;
  if (below !== undefined) return { startLine, endLine: below.endLine };
  let end = endLine;
  while (end < lines.length && lines[end]!.trim() !== '') end++;
  return { startLine, endLine: end };
}
