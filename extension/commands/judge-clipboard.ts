/** Judge Clipboard Against Selection: an AI's or a colleague's version against what is there, before it is pasted. */
import { env, TextEdit, window, workspace } from 'vscode';
import { judgeReplacement } from '../replacement.ts';
import type { Verity } from '../verity.ts';

export async function judgeClipboard(verity: Verity): Promise<void> {
  const editor = window.activeTextEditor;
  const text = await env.clipboard.readText();
  if (editor === undefined || editor.selection.isEmpty || text.trim() === '') {
    void window.showInformationMessage(
      'Verity: copy the new version, select the code that it would replace, then run this command.',
    );
    return;
  }
  const { document, selection } = editor;
  const place = `${workspace.asRelativePath(document.uri)}:${selection.start.line + 1}`;
  await judgeReplacement(verity, {
    document,
    edits: [TextEdit.replace(selection, text)],
    names: { A: place, B: 'clipboard' },
    accept: 'Replace Selection',
  });
}
