/** What a user can do with a finding's thread. */
import { type CommentThread, Uri, window } from 'vscode';
import { entry, isJudging } from '../judging.ts';
import { rangeOf } from '../review/comments.ts';
import type { Finding } from '../review/finding.ts';
import { runReview } from '../review/review.ts';
import type { Verity } from '../verity.ts';

/** Shows the whole reasoning in the panel, both readings and what the model wrote. */
export async function why(verity: Verity, { uri, file, names, judged, range }: Finding): Promise<void> {
  if (isJudging()) {
    void window.showInformationMessage(
      'Verity: the panel shows the review that is running; ask again at its end.',
    );
    return;
  }
  const { judgment } = judged;
  const written = { AB: '', BA: '' };
  for (const { order, raw } of judgment.orders) written[order] = raw;
  const shown = { ...entry(`${file}:${range.startLine + 1}`, names, 'change'), written, judgment };
  await verity.panel.reveal();
  verity.panel.recall([shown], () => void showFinding(uri, range.startLine));
}

async function showFinding(uri: string, line: number): Promise<void> {
  const editor = await window.showTextDocument(Uri.parse(uri));
  editor.revealRange(editor.document.lineAt(Math.min(line, editor.document.lineCount - 1)).range);
}

/** Judges the same comparison at these lines again, as the files are now. */
export async function judgeAgain(verity: Verity, finding: Finding): Promise<void> {
  const { source, uri, range, judged } = finding;
  if (source.kind === 'patch') await runReview(verity, source);
  else {
    const only = source.kind === 'workingTree' ? range : judged.after;
    await runReview(verity, source, { uri: Uri.parse(uri), only });
  }
}

/** Passes a thread's finding on; without a thread (from a keybinding) the one at the cursor. */
export function withFinding(
  verity: Verity,
  action: (finding: Finding) => unknown,
): (thread?: CommentThread) => unknown {
  return (thread) => {
    const finding = thread === undefined ? atCursor(verity) : verity.comments.finding(thread);
    return finding && action(finding);
  };
}

function atCursor(verity: Verity): Finding | undefined {
  const editor = window.activeTextEditor;
  return (
    editor &&
    verity.findings.of(editor.document.uri).find((finding) => {
      const { start, end } = rangeOf(finding);
      return start.line <= editor.selection.active.line && editor.selection.active.line <= end.line;
    })
  );
}

/** Findings that were dismissed may come back with the next review. */
export function forgetDismissed(verity: Verity): void {
  const count = verity.memory.forgetDismissed();
  const message =
    count === 0
      ? 'nothing was dismissed in this workspace.'
      : `${count} dismissed ${count === 1 ? 'finding' : 'findings'} may come back with the next review.`;
  void window.showInformationMessage(`Verity: ${message}`);
}
