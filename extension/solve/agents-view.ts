/** The agents panel's host: keeps its state, so that the panel can be hidden and shown again, and sends what changes. */
import { commands, type Disposable, type Uri, type WebviewView, window } from 'vscode';
import {
  type AgentsState,
  EMPTY,
  FromAgents,
  reduceAgents,
  type ToAgents,
} from '../../server/protocol/agents-panel.ts';
import { showPage } from '../webview-page.ts';

const VIEW = 'verity.agents';

/** What the user wants done with the run that is shown. */
export type AgentsAction = Exclude<FromAgents['kind'], 'ready'>;

export class AgentsView implements Disposable {
  private readonly extensionUri: Uri;
  private readonly registration: Disposable;
  private view: WebviewView | undefined;
  private state: AgentsState = EMPTY;
  /** Set by whoever runs a team. */
  onAction: (action: AgentsAction) => void = () => undefined;

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
  begin(run: Pick<AgentsState, 'problem' | 'team' | 'isComparing'>): void {
    this.send({ kind: 'state', state: { ...run, phase: 'running', lanes: [] } });
  }

  send(message: ToAgents): void {
    this.state = reduceAgents(this.state, message);
    void this.view?.webview.postMessage(message);
  }

  private resolve(view: WebviewView): void {
    this.view = view;
    view.webview.onDidReceiveMessage((raw) => this.receive(FromAgents.parse(raw)));
    view.onDidDispose(() => (this.view = undefined));
    showPage(view.webview, this.extensionUri, 'agents', 'Agents');
  }

  private receive({ kind }: FromAgents): void {
    if (kind === 'ready') this.send({ kind: 'state', state: this.state });
    else this.onAction(kind);
  }

  dispose(): void {
    this.registration.dispose();
  }
}
