/** Complete Safely, and Make Selection Safe: a search asked for, its alternatives with their rewards, and a choice. */
import {
  ProgressLocation,
  Range,
  type TextDocument,
  type TextEditor,
  window,
  workspace,
  WorkspaceEdit,
} from 'vscode';
import { placeAt, titleOf } from '../completion/document-place.ts';
import { offers } from '../completion/offers.ts';
import type { Place } from '../completion/place.ts';
import { search, type Searched } from '../completion/search.ts';
import { completionSettings } from '../completion/settings.ts';
import type { Verity } from '../verity.ts';
import { chooseOffer } from './choose-offer.ts';

/** Who runs a command waits for it, but not for ever. */
const TIME_LIMIT_MS = 20_000;

/** The most tokens that a selection is replaced by. */
const MAX_TOKENS = 512;

/** Inserts a completion at the cursor, of the user's choice. */
export async function completeSafely(verity: Verity): Promise<void> {
  const editor = window.activeTextEditor;
  if (editor === undefined) {
    void window.showInformationMessage('Verity: open a file and set the cursor where it shall be completed.');
    return;
  }
  const { active } = editor.selection;
  const text = await chosen(
    verity,
    'Complete Safely',
    editor,
    new Range(active, active),
    completionSettings().maxNewTokens,
  );
  if (text !== undefined) await editor.edit((edit) => edit.insert(active, text));
}

/** Offers another text for the selection; it is replaced only once the user has seen both and agreed. */
export async function makeSelectionSafe(verity: Verity): Promise<void> {
  const editor = window.activeTextEditor;
  if (editor === undefined || editor.selection.isEmpty) {
    void window.showInformationMessage(
      'Verity: select the code that shall be written again, then run this command.',
    );
    return;
  }
  const { document, selection } = editor;
  const selected = document.getText(selection);
  // A token is some three characters of code; a safe way may take more of them than an unsafe one.
  const tokens = Math.min(
    MAX_TOKENS,
    Math.max(completionSettings().maxNewTokens, Math.ceil(selected.length / 2)),
  );
  const text = await chosen(verity, 'Make Selection Safe', editor, selection, tokens);
  if (text === undefined) return;
  if (text === selected) {
    void window.showInformationMessage('Verity: the selection is what the search has found too.');
    return;
  }
  const edit = new WorkspaceEdit();
  const description = 'written again by a search that steers away from unsafe code';
  edit.replace(document.uri, selection, text, {
    needsConfirmation: true,
    label: 'Make Selection Safe',
    description,
  });
  await workspace.applyEdit(edit, { isRefactoring: true });
}

/** The text that the user has chosen for a range; undefined if there is none, or the document has changed since. */
async function chosen(
  verity: Verity,
  title: string,
  { document }: TextEditor,
  range: Range,
  maxNewTokens: number,
): Promise<string | undefined> {
  const { version } = document;
  const place = placeAt(document, range);
  const searched = await searchWithProgress(verity, document, range, place, maxNewTokens);
  if (searched === undefined) return undefined;
  const { result, run } = searched;
  if (result.refusal !== undefined) {
    await tellRefusal(verity, searched, result.refusal);
    return undefined;
  }
  const choice = await chooseOffer(title, offers(result, place));
  if (choice === undefined) return undefined;
  if (choice.kind !== 'offered') {
    await verity.searchTree.reveal(run, choice.node);
    return undefined;
  }
  if (document.version === version) return choice.text;
  void window.showWarningMessage(
    'Verity: the file has changed since, so nothing was inserted. Run the command again.',
  );
  return undefined;
}

async function searchWithProgress(
  verity: Verity,
  document: TextDocument,
  range: Range,
  place: Place,
  maxNewTokens: number,
): Promise<Searched | undefined> {
  const { budget, upgradeBudget } = completionSettings();
  const params = {
    ...place,
    language: document.languageId,
    budget: Math.max(budget, upgradeBudget),
    maxNewTokens,
    timeLimitMs: TIME_LIMIT_MS,
  };
  const shown = { title: titleOf(document, range.start), source: 'command' as const };
  const controller = new AbortController();
  const options = {
    location: ProgressLocation.Notification,
    title: 'Verity is searching for safe completions',
    cancellable: true,
  };
  try {
    return await window.withProgress(options, (_, token) => {
      token.onCancellationRequested(() => controller.abort());
      return search(verity, params, shown, controller.signal);
    });
  } catch (error) {
    if (controller.signal.aborted) return undefined;
    const message = error instanceof Error ? error.message : String(error);
    verity.log.warn(message);
    void window.showErrorMessage(`Verity: ${message}`);
    return undefined;
  }
}

async function tellRefusal(verity: Verity, { result, run }: Searched, refusal: string): Promise<void> {
  const show = 'Show Search Tree';
  if ((await window.showWarningMessage(`Verity: ${refusal}`, show)) === show)
    await verity.searchTree.reveal(run, result.avoided[0]?.node ?? 0);
}
