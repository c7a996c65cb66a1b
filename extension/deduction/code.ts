/**
 * Conditions in code, found without a parser: what is asserted and what branches are entered on. The server decides what
 * of it can be proved; here it is enough to know where a question makes sense.
 */
import type { DeduceCodeParams } from '../../server/protocol/deduction.ts';
import type { Span } from './sentences.ts';

export type CodeLanguage = DeduceCodeParams['language'];

export interface Condition extends Span {
  kind: 'assertion' | 'branch';
  text: string;
  /** Where it begins, from 0. */
  line: number;
}

const LANGUAGES: Record<string, CodeLanguage> = {
  typescript: 'typescript',
  typescriptreact: 'typescript',
  javascript: 'javascript',
  javascriptreact: 'javascript',
  python: 'python',
};

/** @param id VS Code's name of a language. @returns undefined where conditions cannot be asked about. */
export const codeLanguage = (id: string): CodeLanguage | undefined => LANGUAGES[id];

const JAVASCRIPT_HEAD = /(?<![\w$.])(?<!function\s+)((?:console\.)?assert(?:\.ok)?|if|while)\s*\(/g;
const PYTHON_HEAD = /^[ \t]*(assert|if|elif|while)\b/gm;

/** All conditions of a file in their order. */
export function conditionsIn(code: string, language: CodeLanguage): Condition[] {
  const bare = withoutTexts(code, language);
  const isPython = language === 'python';
  return [...bare.matchAll(isPython ? PYTHON_HEAD : JAVASCRIPT_HEAD)].flatMap((head) => {
    const kind = head[1]!.includes('assert') ? 'assertion' : 'branch';
    const from = head.index + head[0].length;
    const to = endOf(
      bare,
      from,
      isPython ? (kind === 'assertion' ? ',;\n' : ':') : kind === 'assertion' ? ',)' : ')',
    );
    const found = to === undefined ? undefined : trimmed(code, { start: from, end: to });
    return found === undefined
      ? []
      : [{ kind, ...found, line: linesBefore(code, head.index + leading(head[0])) }];
  });
}

/** Whether a condition is simple enough for the question to be worth a lens: no calls but of lengths, nothing awaited. */
export function mayBeProved({ text }: Pick<Condition, 'text'>): boolean {
  const bare = text
    .replace(/'[^'\n]*'|"[^"\n]*"/g, '""')
    .replace(/\b(?:len(?=\()|and|or|not|in|typeof)\b/g, '&');
  return !/[\w$\])]\s*\(|=>|[`[{]|\b(?:await|yield|new|lambda|for)\b/.test(bare);
}

/** The condition at a line: one that stands there, an assertion rather than a branch. */
export function conditionAt(conditions: readonly Condition[], line: number): Condition | undefined {
  const here = conditions.filter((each) => each.line <= line && line <= each.line + linesBefore(each.text));
  return here.find(({ kind }) => kind === 'assertion') ?? here[0];
}

/** The branch that a line is in: the nearest above it that is indented less, or the line's own. */
export function branchAround(
  code: string,
  conditions: readonly Condition[],
  line: number,
): Condition | undefined {
  const lines = code.split('\n');
  const depth = (at: number) => leading(lines[at] ?? '');
  return conditions.findLast(
    (each) =>
      each.kind === 'branch' && (each.line === line || (each.line < line && depth(each.line) < depth(line))),
  );
}

/** Code with what stands in strings and comments blanked, every character in its place. */
function withoutTexts(code: string, language: CodeLanguage): string {
  const texts =
    language === 'python'
      ? /("""|''')[^]*?(?:\1|$)|"(?:[^"\\\n]|\\[^])*"?|'(?:[^'\\\n]|\\[^])*'?|#[^\n]*/g
      : /\/\*[^]*?(?:\*\/|$)|\/\/[^\n]*|`(?:[^`\\]|\\[^])*`?|"(?:[^"\\\n]|\\[^])*"?|'(?:[^'\\\n]|\\[^])*'?/g;
  return code.replace(texts, (text) => text.replace(/[^\n]/g, ' '));
}

/** Where one of the stops comes outside of brackets; undefined if it never does. */
function endOf(bare: string, from: number, stops: string): number | undefined {
  let depth = 0;
  for (let at = from; at < bare.length; at++) {
    const sign = bare[at]!;
    if (depth === 0 && stops.includes(sign) && bare.slice(at, at + 2) !== ':=' && bare[at - 1] !== '\\')
      return at;
    if ('([{'.includes(sign)) depth++;
    if (')]}'.includes(sign)) depth--;
    if (depth < 0) return undefined;
  }
  return stops.includes('\n') && depth === 0 ? bare.length : undefined;
}

function trimmed(code: string, { start, end }: Span): (Span & { text: string }) | undefined {
  const raw = code.slice(start, end);
  const text = raw.trim();
  if (text === '') return undefined;
  const from = start + leading(raw);
  return { start: from, end: from + text.length, text };
}

const leading = (text: string): number => text.length - text.trimStart().length;

const linesBefore = (text: string, end = text.length): number => text.slice(0, end).split('\n').length - 1;
