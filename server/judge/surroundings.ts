/** Code outside a hunk that helps to judge it: where its function is called, and what its file imports. */
import type { LineRange } from '../protocol/judgment.ts';
import type { ReviewContext } from '../protocol/requests.ts';
import { joinLines, splitLines } from './line-diff.ts';

/** A piece of code with where it is from. */
export interface Surrounding {
  title: string;
  text: string;
}

interface Reviewed {
  file: string;
  after: string;
  context?: ReviewContext | undefined;
}

/** Most important first: the imports, which tell what names mean, then the callers of the functions around the hunk. */
export function surroundingsOf({ file, after, context }: Reviewed, hunk: LineRange): Surrounding[] {
  if (context === undefined) return [];
  const lines = splitLines(after);
  const imports = joinLines(
    context.imports.flatMap(({ startLine, endLine }) => lines.slice(startLine, endLine)),
  );
  const callers = context.callers
    .filter(({ calls }) => calls.startLine <= hunk.startLine && hunk.endLine <= calls.endLine)
    .map((caller) => ({ title: `${caller.file} calls it`, text: caller.text }));
  return [...(imports === '' ? [] : [{ title: `${file} imports`, text: imports }]), ...callers];
}
