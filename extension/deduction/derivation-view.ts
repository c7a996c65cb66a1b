/** The derivation panel's host: keeps its state, so that the panel can be hidden and shown again, and sends what changes. */
import { commands, type Disposable, env, Uri, type WebviewView, window, workspace } from 'vscode';
import {
  type DerivationState,
  FromDerivation,
  NOTHING_ASKED,
  reduceDerivation,
  type ToDerivation,
} from '../../server/protocol/derivation-panel.ts';
import { showPage } from '../webview-page.ts';
import { deductionMarkdown } from './report.ts';
import { range, type Result } from './results.ts';
import type { Span } from './sentences.ts';

const VIEW = 'verity.derivation';

export class DerivationView implements Disposable {
  private readonly extensionUri: Uri;
  private readonly registration: Disposable;
  private view: WebviewView | undefined;
  private shown: DerivationState = NOTHING_ASKED;
  private result: Result | undefined;
  private cancel: () => void = () => undefined;

  constructor(extensionUri: Uri) {
    this.extensionUri = extensionUri;
    this.registration = window.registerWebviewViewProvider(VIEW, {
      resolveWebviewView: (view) => this.resolve(view),
    });
  }

  get state(): DerivationState {
    return this.shown;
  }

  /** Shows the panel without taking the keyboard from the editor. */
  async reveal(): Promise<void> {
    if (this.view === undefined) await commands.executeCommand(`${VIEW}.focus`, { preserveFocus: true });
    else this.view.show(true);
  }

  /** Shows another question. @param result where it stands, for opening it. */
  show(state: DerivationState, result: Result, cancel: () => void): void {
    this.result = result;
    this.cancel = cancel;
    this.send({ kind: 'state', state });
  }

  send(message: ToDerivation): void {
    this.shown = reduceDerivation(this.shown, message);
    void this.view?.webview.postMessage(message);
  }

  private resolve(view: WebviewView): void {
    this.view = view;
    view.webview.onDidReceiveMessage((raw) => this.receive(FromDerivation.parse(raw)));
    view.onDidDispose(() => (this.view = undefined));
    showPage(view.webview, this.extensionUri, 'derivation', 'Derivation');
  }

  private receive(message: FromDerivation): void {
    const { inquiry, deduction } = this.shown;
    switch (message.kind) {
      case 'ready':
        this.send({ kind: 'state', state: this.shown });
        break;
      case 'openQuestion':
        void this.open(this.result?.place?.question);
        break;
      case 'openPremise':
        void this.open(this.result?.place?.premises[message.number - 1]);
        break;
      case 'copyMarkdown':
        if (inquiry && deduction) void env.clipboard.writeText(deductionMarkdown(inquiry, deduction));
        break;
      case 'exportSmtLib':
        if (deduction) void exportSmtLib(deduction.smtLib);
        break;
      case 'cancel':
        this.cancel();
    }
  }

  /** Lines that were edited since are not known any more: then the document alone is shown. */
  private async open(span: Span | undefined): Promise<void> {
    const document = this.result?.asked.document;
    if (document === undefined) return;
    const selection = span && range(document, span);
    await window.showTextDocument(document.uri, { ...(selection && { selection }) });
  }

  dispose(): void {
    this.registration.dispose();
  }
}

/** What the solver was asked, in the language of all solvers, where the user says. */
async function exportSmtLib(text: string): Promise<void> {
  const folder = workspace.workspaceFolders?.[0]?.uri;
  const target = await window.showSaveDialog({
    title: 'Export SMT-LIB',
    filters: { 'SMT-LIB': ['smt2'] },
    ...(folder && { defaultUri: Uri.joinPath(folder, 'deduction.smt2') }),
  });
  if (target === undefined) return;
  try {
    await workspace.fs.writeFile(target, new TextEncoder().encode(text));
  } catch (error) {
    void window.showErrorMessage(
      `Verity: ${target.fsPath} could not be written: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
