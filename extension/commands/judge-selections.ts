/** Judge Two Selections: two in one editor at once, or one marked here and another there. */
import { window } from 'vscode';
import { type NamedText, selectedTexts } from '../selections.ts';
import type { Verity } from '../verity.ts';
import { judgeTexts } from './judge-files.ts';

let marked: NamedText | undefined;

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
