/** The verdict panel's host: keeps its state, so that the panel can be hidden and shown again, and sends what changes. */
import { commands, type Disposable, type Uri, type WebviewView, window } from 'vscode';
import type { Standing } from '../server/protocol/judgment.ts';
import {
  FromPanel,
  type PanelEntry,
  type PanelState,
  reducePanel,
  type ToPanel,
} from '../server/protocol/panel.ts';
import { cancelCurrent } from './judging.ts';
import { showPage } from './webview-page.ts';

const VIEW = 'verity.verdict';

export class VerdictPanel implements Disposable {
  private readonly extensionUri: Uri;
  private readonly registration: Disposable;
  private view: WebviewView | undefined;
  private state: PanelState = { phase: 'idle', entries: [] };
  private open: (index: number) => void = () => undefined;

  constructor(extensionUri: Uri) {
    this.extensionUri = extensionUri;
    this.registration = window.registerWebviewViewProvider(VIEW, {
      resolveWebviewView: (view) => this.resolve(view),
    });
  }

  /** Shows the panel without taking the keyboard from the editor. */
  async reveal(): Promise<void> {
    if (this.view === undefined) await commands.executeCommand(`${VIEW}.focus`, { preserveFocus: true });
    else this.view.show(true);
  }

  /** A new run begins: what was shown goes. */
  begin(): void {
    this.open = () => undefined;
    this.send({ kind: 'state', state: { phase: 'running', entries: [] } });
  }

  /** What will be judged, and how to show the code of one entry. */
  show(entries: PanelEntry[], open: (index: number) => void = () => undefined): void {
    this.open = open;
    this.send({ kind: 'state', state: { phase: 'running', entries } });
  }

  /** Shows judgments that were made before. */
  recall(entries: PanelEntry[], open: (index: number) => void): void {
    this.open = open;
    this.send({ kind: 'state', state: { phase: 'ended', entries } });
  }

  /** All candidates were compared. */
  rank(ranking: Standing[]): void {
    this.send({ kind: 'state', state: { ...this.state, ranking } });
  }

  /** The run has ended; `message` says why it failed. */
  end(phase: 'ended' | 'cancelled' | 'failed', message?: string): void {
    this.send({ kind: 'state', state: { ...this.state, phase, message } });
  }

  send(message: ToPanel): void {
    this.state = reducePanel(this.state, message);
    void this.view?.webview.postMessage(message);
  }

  private resolve(view: WebviewView): void {
    this.view = view;
    view.webview.onDidReceiveMessage((raw) => this.receive(raw));
    view.onDidDispose(() => (this.view = undefined));
    showPage(view.webview, this.extensionUri, 'verdict', 'Verdict');
  }

  private receive(raw: unknown): void {
    const message = FromPanel.parse(raw);
    if (message.kind === 'ready') this.send({ kind: 'state', state: this.state });
    else if (message.kind === 'open') this.open(message.index);
    else cancelCurrent();
  }

  dispose(): void {
    this.registration.dispose();
  }
}
