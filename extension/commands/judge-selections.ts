/** Judge Two Selections: two in one editor at once, or one marked here and another there. */
import { type TextEditor, window, workspace } from 'vscode';
import type { Verity } from '../verity.ts';
import { judgeTexts } from './judge-files.ts';

interface Marked {
  name: string;
  text: string;
}

let marked: Marked | undefined;

export async function judgeSelections(verity: Verity): Promise<void> {
  const editor = window.activeTextEditor;
  const selections = editor === undefined ? [] : selectedTexts(editor);
  const [first, second] = selections;
  if (editor === undefined || first === undefined) {
    void window.showInformationMessage(
      'Verity: select the first version, run this command, then select the second and run it again.',
    );
    return;
  }
  const a = second === undefined ? marked : first;
  const b = second ?? first;
  if (a === undefined) {
    marked = first;
    void window.showInformationMessage(
      `Verity: ${first.name} is version A. Select version B and run the command again.`,
    );
    return;
  }
  marked = undefined;
  await judgeTexts(verity, a, b, editor.document.languageId);
}

function selectedTexts({ document, selections }: TextEditor): Marked[] {
  const file = workspace.asRelativePath(document.uri);
  return selections
    .filter((selection) => !selection.isEmpty)
    .toSorted((a, b) => a.start.compareTo(b.start))
    .map((selection) => ({
      name: `${file}:${selection.start.line + 1}–${selection.end.line + 1}`,
      text: document.getText(selection),
    }));
}
