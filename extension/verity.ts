/** What the extension's parts share: the server's client, the surfaces that show judgments, the log. */
import { type Disposable, type ExtensionContext, type LogOutputChannel, window } from 'vscode';
import { JudgmentComments } from './comments.ts';
import { Server } from './server.ts';
import { StatusBar } from './status-bar.ts';
import { VerdictPanel } from './verdict-panel.ts';

export class Verity implements Disposable {
  readonly log: LogOutputChannel;
  readonly server: Server;
  readonly comments: JudgmentComments;
  readonly panel: VerdictPanel;
  private readonly statusBar: StatusBar;

  constructor(context: ExtensionContext) {
    this.log = window.createOutputChannel('Verity', { log: true });
    this.server = new Server(context, this.log);
    this.comments = new JudgmentComments();
    this.panel = new VerdictPanel(context.extensionUri);
    this.statusBar = new StatusBar(this.server);
  }

  dispose(): void {
    for (const part of [this.statusBar, this.panel, this.comments, this.server, this.log]) part.dispose();
  }
}
