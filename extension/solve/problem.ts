/** What the user wants solved: a selection, a problem of the Problems view, a comment, a failing test, or a question. */
import {
  type Diagnostic,
  languages,
  type Position,
  Range,
  type TextDocument,
  type TextEditor,
  type Uri,
  workspace,
} from 'vscode';
import { z } from 'zod';
import type { LineRange } from '../../server/protocol/judgment.ts';
import { functionsOf } from '../review/context.ts';
import { type Anchor, anchorOf, linesOf, locate } from '../review/anchor.ts';
import { codeAround, commentAt } from './comment.ts';

/** Whole lines of a document as they were when the team was asked, so that its answer can take their place. */
export interface Place {
  document: TextDocument;
  lines: LineRange;
  text: string;
  /** Finds the lines again while the document moves on. */
  anchor: Anchor;
}

export const placeOf = (document: TextDocument, lines: LineRange): Place => ({
  document,
  lines,
  text: linesOf(document.getText(rangeOf(document, lines))).join('\n'),
  anchor: anchorOf(linesOf(document.getText()), lines),
});

/** Where the code of a place stands now; undefined if it has been edited since. */
export async function whereNow({
  document: { uri },
  text,
  anchor,
}: Place): Promise<{ document: TextDocument; range: Range } | undefined> {
  // The document may have been closed and opened again.
  const document = await workspace.openTextDocument(uri);
  const lines = locate(anchor, linesOf(document.getText()));
  const range = lines && rangeOf(document, lines);
  const isSame = range !== undefined && linesOf(document.getText(range)).join('\n') === text;
  return isSame ? { document, range } : undefined;
}

/** A problem as it is found; the user may still change what is asked. */
export interface FoundProblem {
  ask: string;
  /** Left out: a question that belongs to no code. */
  place?: Place;
}

const IMPROVE = 'Find what is wrong or missing in this code and correct it.';

/** What is at the cursor: what is selected, else a problem, else a comment, else the function around it. */
export async function problemAt({ document, selection }: TextEditor): Promise<FoundProblem> {
  if (!selection.isEmpty) return { ask: IMPROVE, place: placeOf(document, wholeLines(selection)) };
  const found =
    (await diagnosticProblem(document, selection)) ?? (await commentProblem(document, selection.active));
  if (found !== undefined) return found;
  const lines = await functionAround(document, lineRange(selection));
  return lines === undefined ? { ask: '' } : { ask: IMPROVE, place: placeOf(document, lines) };
}

/** The problems that others found in a range. */
export async function diagnosticProblem(
  document: TextDocument,
  range: Range,
): Promise<FoundProblem | undefined> {
  const found = diagnosticsIn(document.uri, range);
  if (found.length === 0) return undefined;
  const whole = found.reduce((sum, diagnostic) => sum.union(diagnostic.range), found[0]!.range);
  const lines = (await functionAround(document, lineRange(whole))) ?? wholeLines(whole);
  const named = found.map((diagnostic) => `line ${diagnostic.range.start.line + 1}: ${describe(diagnostic)}`);
  return { ask: `Correct what is reported: ${named.join('; ')}`, place: placeOf(document, lines) };
}

/** Verity's own findings are judgments, not problems to solve. */
export const diagnosticsIn = (uri: Uri, range: Range): Diagnostic[] =>
  languages
    .getDiagnostics(uri)
    .filter(
      (diagnostic) => diagnostic.source !== 'Verity' && diagnostic.range.intersection(range) !== undefined,
    );

const describe = ({ message, source }: Diagnostic): string =>
  source === undefined ? message : `${message} (${source})`;

async function commentProblem(document: TextDocument, at: Position): Promise<FoundProblem | undefined> {
  const lines = linesOf(document.getText());
  const comment = commentAt(lines, at.line);
  if (comment === undefined) return undefined;
  const functions = (await functionsOf(document.uri)).map(({ range }) => range);
  return {
    ask: `Do what the comment asks: ${comment.text}`,
    place: placeOf(document, codeAround(lines, comment.lines, functions)),
  };
}

/** As much as is used of what VS Code gives to commands of a failing test's message. */
const TestMessageArgument = z.object({
  test: z.object({ label: z.string(), uri: z.unknown(), range: z.unknown() }).optional(),
  message: z.object({
    message: z.union([z.string(), z.object({ value: z.string() })]),
    expectedOutput: z.string().optional(),
    actualOutput: z.string().optional(),
    location: z.unknown(),
  }),
});

/** A failing test: what it says, and the test's own code. */
export async function testProblem(argument: unknown): Promise<FoundProblem | undefined> {
  const parsed = TestMessageArgument.safeParse(argument);
  if (!parsed.success) return undefined;
  const { test, message } = parsed.data;
  const text = typeof message.message === 'string' ? message.message : message.message.value;
  const outputs =
    message.expectedOutput === undefined
      ? ''
      : `\nExpected: ${message.expectedOutput}\nActual: ${message.actualOutput ?? ''}`;
  const ask = `This test fails${test === undefined ? '' : ` (${test.label})`}: ${text}${outputs}\nCorrect the code so that it passes.`;
  const { uri, range } = (message.location ?? test ?? {}) as { uri?: Uri; range?: Range };
  if (uri === undefined || range === undefined) return { ask };
  const document = await workspace.openTextDocument(uri);
  const lines = (await functionAround(document, lineRange(range))) ?? wholeLines(range);
  return { ask, place: placeOf(document, lines) };
}

/** The innermost function around lines, if a language server knows one. */
export async function functionAround(
  document: TextDocument,
  inner: LineRange,
): Promise<LineRange | undefined> {
  return (await functionsOf(document.uri))
    .map(({ range }) => range)
    .filter(({ startLine, endLine }) => startLine <= inner.startLine && inner.endLine <= endLine)
    .toSorted((a, b) => a.endLine - a.startLine - (b.endLine - b.startLine))[0];
}

const lineRange = ({ start, end }: Range): LineRange => ({ startLine: start.line, endLine: end.line + 1 });

/** A selection that ends before the first character of a line has nothing of that line. */
const wholeLines = ({ start, end }: Range): LineRange => ({
  startLine: start.line,
  endLine: end.character === 0 && end.line > start.line ? end.line : end.line + 1,
});

/** Without the last line's end. */
export const rangeOf = (document: TextDocument, { startLine, endLine }: LineRange): Range =>
  new Range(document.lineAt(startLine).range.start, document.lineAt(endLine - 1).range.end);
