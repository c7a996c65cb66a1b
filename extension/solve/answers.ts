/** Answers as documents that nobody can edit: a text to read, or a file as it would be, beside the file as it is. */
import {
  commands,
  type Disposable,
  type TextDocumentContentProvider,
  Uri,
  window,
  workspace,
  WorkspaceEdit,
} from 'vscode';
import { linesOf } from '../review/anchor.ts';
import { describeHunk, hunksOf, withHunks } from './hunks.ts';
import { type Place, placeOf, whereNow } from './problem.ts';

export const ANSWER_SCHEME = 'verity-answer';

/** More answers than anyone has open. */
const MAX_ANSWERS = 20;

/** What would stand in a place. */
interface Proposal {
  place: Place;
  after: string;
}

export class Answers implements TextDocumentContentProvider, Disposable {
  private readonly texts = new Map<string, string>();
  private readonly proposals = new Map<string, Proposal>();
  private readonly registration = workspace.registerTextDocumentContentProvider(ANSWER_SCHEME, this);
  private next = 0;

  provideTextDocumentContent(uri: Uri): string {
    return this.texts.get(uri.path) ?? 'This answer is no longer kept: ask again.\n';
  }

  /** Shows an answer as text. */
  async showText(answer: string): Promise<void> {
    const uri = this.keep('answer.md', answer);
    await window.showTextDocument(await workspace.openTextDocument(uri), { preview: false });
  }

  /**
   * Shows the file beside what it would be, with the list of hunks to accept.
   * @returns whether it could: false if the code has changed since the team was asked.
   */
  async showEdit(place: Place, after: string): Promise<boolean> {
    const now = await whereNow(place);
    if (now === undefined) {
      tellChanged();
      return false;
    }
    const { document, range } = now;
    const name = document.uri.path.split('/').at(-1)!;
    const text = document.getText();
    const [start, end] = [document.offsetAt(range.start), document.offsetAt(range.end)];
    const uri = this.keep(name, text.slice(0, start) + after + text.slice(end));
    this.proposals.set(uri.path, { place, after });
    const title = `${name}: as it is ↔ the agents’ answer`;
    await commands.executeCommand('vscode.diff', document.uri, uri, title, {
      preview: false,
      selection: range,
    });
    void this.accept(uri);
    return true;
  }

  /** Lets the user choose hunks of a proposal and puts them into the file. @returns how many. */
  async accept(uri: Uri): Promise<number> {
    const proposal = this.proposals.get(uri.path);
    if (proposal === undefined) return 0;
    const { place, after } = proposal;
    const items = hunksOf(place.text, after).map((hunk) => ({
      label: describeHunk(hunk, place.lines.startLine),
      detail: [
        ...hunk.removed.map((line) => `− ${line.trim()}`),
        ...hunk.added.map((line) => `+ ${line.trim()}`),
      ]
        .join('  ')
        .slice(0, 200),
      picked: true,
      hunk,
    }));
    if (items.length === 0) return 0;
    const chosen = await window.showQuickPick(items, {
      canPickMany: true,
      ignoreFocusOut: true,
      title: 'Accept Hunks of the Agents’ Answer',
      placeHolder: 'What is checked is put into the file; Escape leaves it as it is',
    });
    if (chosen === undefined || chosen.length === 0) return 0;
    const text = withHunks(
      place.text,
      chosen.map(({ hunk }) => hunk),
    );
    const changed = await replace(place, text);
    if (changed === undefined) return 0;
    // The hunks that are left can still be accepted.
    this.proposals.set(uri.path, { place: changed, after });
    return chosen.length;
  }

  private keep(name: string, text: string): Uri {
    const uri = Uri.from({ scheme: ANSWER_SCHEME, path: `/${this.next++}/${name}` });
    this.texts.set(uri.path, text);
    const [oldest] = this.texts.keys();
    if (this.texts.size > MAX_ANSWERS) {
      this.texts.delete(oldest!);
      this.proposals.delete(oldest!);
    }
    return uri;
  }

  dispose(): void {
    this.registration.dispose();
  }
}

/** Code that was edited since is not overwritten; code that moved is followed. @returns the place as it is then. */
async function replace(place: Place, text: string): Promise<Place | undefined> {
  const now = await whereNow(place);
  if (now === undefined) {
    tellChanged();
    return undefined;
  }
  const { document, range } = now;
  const edit = new WorkspaceEdit();
  edit.replace(document.uri, range, text);
  if (!(await workspace.applyEdit(edit))) return undefined;
  const startLine = range.start.line;
  return placeOf(document, { startLine, endLine: startLine + linesOf(text).length });
}

const tellChanged = (): void =>
  void window.showWarningMessage(
    'Verity: the code that was asked about has changed since, so nothing was replaced. Ask again.',
  );
