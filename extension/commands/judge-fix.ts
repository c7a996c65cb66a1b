/** Judge This Fix: the edit of a quick fix, made in memory and judged before it is made. */
import { type CodeAction, CodeActionKind, commands, type Range, type Uri, window, workspace } from 'vscode';
import { judgeReplacement } from '../replacement.ts';
import type { Verity } from '../verity.ts';

export const JUDGE_FIX = 'verity.judgeFix';

/** More fixes of one problem than anyone looks through. */
const MAX_FIXES = 20;

export async function judgeFix(verity: Verity, uri: Uri, range: Range): Promise<void> {
  const document = await workspace.openTextDocument(uri);
  const fixes = (await fixesAt(uri, range)).flatMap(({ title, edit }) => {
    const edits = editsIn(edit, uri);
    return edits === undefined ? [] : [{ label: title, edits }];
  });
  if (fixes.length === 0) {
    void window.showInformationMessage(
      'Verity: no quick fix here edits this file alone, so there is none to judge.',
    );
    return;
  }
  const fix =
    fixes.length === 1 ? fixes[0] : await window.showQuickPick(fixes, { title: 'Judge which fix?' });
  if (fix === undefined) return;
  await judgeReplacement(verity, {
    document,
    edits: fix.edits,
    names: { A: 'as it is', B: fix.label },
    accept: 'Apply Fix',
  });
}

/** The quick fixes of other extensions, their edits worked out. */
async function fixesAt(uri: Uri, range: Range): Promise<CodeAction[]> {
  const actions = await commands.executeCommand<CodeAction[]>(
    'vscode.executeCodeActionProvider',
    uri,
    range,
    CodeActionKind.QuickFix.value,
    MAX_FIXES,
  );
  return actions.filter(({ command }) => command?.command !== JUDGE_FIX);
}

/** The edits of one file; undefined if there are none, or others beside them, which cannot be shown side by side. */
function editsIn(edit: CodeAction['edit'], uri: Uri) {
  const [first, ...others] = edit?.entries() ?? [];
  if (first === undefined || others.length > 0 || first[0].toString() !== uri.toString()) return undefined;
  return first[1].length === 0 ? undefined : first[1];
}
