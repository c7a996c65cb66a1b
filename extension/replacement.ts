/** Judges a text that might replace a part of a document, before it does: a quick fix, an AI's edit on the clipboard. */
import { type Range, type TextDocument, type TextEdit, window, workspace, WorkspaceEdit } from 'vscode';
import type { Judgment } from '../server/protocol/judgment.ts';
import { percent } from '../server/review/findings.ts';
import { judgeTexts } from './commands/judge-files.ts';
import { functionsOf } from './review/context.ts';
import { applied } from './text-edits.ts';
import type { Verity } from './verity.ts';

export interface Replacement {
  document: TextDocument;
  edits: TextEdit[];
  /** How the panel calls what stands there and what would: `as it is`, `fixed`. */
  names: { A: string; B: string };
  /** The button that makes the edit. */
  accept: string;
}

/** Code beyond the enclosing function that is still readable as one piece. */
const MAX_UNIT_LINES = 60;

/** Judges before and after; the user may then make the edit, if the document is still the one that was judged. */
export async function judgeReplacement(verity: Verity, replacement: Replacement): Promise<void> {
  const { document, edits, names, accept } = replacement;
  const { version } = document;
  const { before, after } = await unitOf(document, edits);
  if (before === after) {
    void window.showInformationMessage('Verity: the replacement changes nothing.');
    return;
  }
  const judgment = await judgeTexts(
    verity,
    { name: names.A, text: before },
    { name: names.B, text: after },
    document.languageId,
  );
  if (judgment === undefined) return;
  const choice = await window.showInformationMessage(`Verity: ${inWords(judgment, names)}`, accept);
  if (choice !== accept) return;
  if (document.version !== version) {
    void window.showWarningMessage(
      'Verity: the file has changed since, so nothing was replaced. Judge it again.',
    );
    return;
  }
  const edit = new WorkspaceEdit();
  edit.set(document.uri, edits);
  await workspace.applyEdit(edit);
}

const inWords = ({ verdict, confidence }: Judgment, names: { A: string; B: string }): string =>
  verdict === 'undecided'
    ? 'undecided: the two orders disagree.'
    : `“${names[verdict]}” is better (${percent(confidence)}, both orders agree).`;

/** The edited lines before and after, with the function around them where it is known and short. */
async function unitOf(document: TextDocument, edits: TextEdit[]): Promise<{ before: string; after: string }> {
  const start = Math.min(...edits.map(({ range }) => range.start.line));
  const end = Math.max(...edits.map(({ range }) => range.end.line)) + 1;
  const around = (await functionsOf(document.uri))
    .map(({ range }) => range)
    .filter(
      ({ startLine, endLine }) =>
        startLine <= start && end <= endLine && endLine - startLine <= MAX_UNIT_LINES,
    )
    .toSorted((a, b) => a.endLine - a.startLine - (b.endLine - b.startLine))[0];
  const range = lines(document, around?.startLine ?? start, around?.endLine ?? end);
  return { before: document.getText(range), after: edited(document, range, edits) };
}

const lines = (document: TextDocument, startLine: number, endLine: number): Range =>
  document.lineAt(startLine).range.union(document.lineAt(endLine - 1).range);

/** The text of a range with edits inside it made. */
function edited(document: TextDocument, range: Range, edits: TextEdit[]): string {
  const start = document.offsetAt(range.start);
  return applied(
    document.getText(range),
    edits.map((edit) => ({
      start: document.offsetAt(edit.range.start) - start,
      end: document.offsetAt(edit.range.end) - start,
      text: edit.newText,
    })),
  );
}
