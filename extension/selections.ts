/** Texts of the editors, with names that users know them by. */
import { type TextEditor, workspace } from 'vscode';

export interface NamedText {
  name: string;
  text: string;
}

/** What is selected in an editor, in the order of the text. */
export function selectedTexts({ document, selections }: TextEditor): NamedText[] {
  const file = workspace.asRelativePath(document.uri);
  return selections
    .filter((selection) => !selection.isEmpty)
    .toSorted((a, b) => a.start.compareTo(b.start))
    .map((selection) => ({
      name: `${file}:${selection.start.line + 1}–${selection.end.line + 1}`,
      text: document.getText(selection),
    }));
}
