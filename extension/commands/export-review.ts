/** Export Review: the latest one as Markdown for people or SARIF for code scanning. */
import { Uri, window, workspace } from 'vscode';
import { reviewMarkdown } from '../../server/review/markdown.ts';
import { reviewSarif } from '../../server/review/sarif.ts';
import { thresholdOf } from '../review/review.ts';
import type { Verity } from '../verity.ts';

const FORMATS = [
  { label: 'Markdown', detail: 'For people: a pull request, a wiki', ending: 'md' },
  { label: 'SARIF', detail: 'For code scanning and SARIF viewers', ending: 'sarif' },
] as const;

export async function exportReview(verity: Verity, version: string): Promise<void> {
  const hunks = verity.latestReview;
  if (hunks === undefined) {
    void window.showInformationMessage('Verity: nothing was reviewed since the window was opened.');
    return;
  }
  const format = await window.showQuickPick(FORMATS, { title: 'Export Review' });
  if (format === undefined) return;
  const folder = workspace.workspaceFolders?.[0]?.uri;
  const target = await window.showSaveDialog({
    title: 'Export Review',
    filters: { [format.label]: [format.ending] },
    ...(folder && { defaultUri: Uri.joinPath(folder, `review.${format.ending}`) }),
  });
  if (target === undefined) return;
  const threshold = thresholdOf(verity);
  const text =
    format.ending === 'md'
      ? reviewMarkdown(hunks, threshold)
      : `${JSON.stringify(reviewSarif(hunks, version, threshold), null, 2)}\n`;
  await workspace.fs.writeFile(target, new TextEncoder().encode(text));
  await window.showTextDocument(target);
}
