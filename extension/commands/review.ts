/** The reviews of the palette: what each compares. */
import { type TextDocument, Uri, window } from 'vscode';
import type { JudgedHunk, LineRange } from '../../server/protocol/judgment.ts';
import { gitApi, modifiedFiles, workingTreeChanges } from '../git.ts';
import { branchSource } from '../review/sources.ts';
import { runReview } from '../review/review.ts';
import type { Verity } from '../verity.ts';

type Reviewed = Promise<JudgedHunk[] | undefined>;

/** Judge Change: the active file against HEAD if it has changed, else the whole working tree. */
export async function judgeChange(verity: Verity): Reviewed {
  const active = window.activeTextEditor?.document.uri;
  const isModified = active !== undefined && (await isModifiedFile(active));
  return runReview(verity, { kind: 'workingTree' }, isModified ? { uri: active } : {});
}

async function isModifiedFile(uri: Uri): Promise<boolean> {
  const repository = (await gitApi())?.getRepository(uri);
  if (!repository) return false;
  const { files } = modifiedFiles(await workingTreeChanges(repository));
  return files.some((file) => file.toString() === uri.toString());
}

/** Review Branch Against Its Base. */
export async function reviewBranch(verity: Verity): Reviewed {
  const source = await branchSource().catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    void window.showInformationMessage(`Verity: ${message}`);
    return undefined;
  });
  return source && runReview(verity, source);
}

/** Review Patch File: the one that was clicked or is open, else one that the user picks. */
export async function reviewPatch(verity: Verity, clicked?: Uri): Reviewed {
  const patch = clicked ?? patchIn(window.activeTextEditor?.document) ?? (await pickPatch());
  return patch && runReview(verity, { kind: 'patch', uri: patch.toString() });
}

const patchIn = (document: TextDocument | undefined): Uri | undefined =>
  document !== undefined && /\.(?:diff|patch)$/i.test(document.uri.path) ? document.uri : undefined;

async function pickPatch(): Promise<Uri | undefined> {
  const [picked] =
    (await window.showOpenDialog({
      title: 'Choose a patch to review',
      openLabel: 'Review',
      filters: { Patches: ['diff', 'patch'] },
    })) ?? [];
  return picked;
}

/** Judge, above a changed function: its change alone. */
export function judgeFunction(verity: Verity, uri: Uri, only: LineRange): Reviewed {
  return runReview(verity, { kind: 'workingTree' }, { uri, only });
}
