/** What the extension's parts share: the server's client, the findings and the surfaces that show them, the log. */
import {
  commands,
  type Disposable,
  type ExtensionContext,
  type LogOutputChannel,
  type Uri,
  window,
} from 'vscode';
import type { JudgedHunk } from '../server/protocol/judgment.ts';
import { SafeCompletions } from './completion/provider.ts';
import { CompletionStatus } from './completion/status.ts';
import { FindingComments } from './review/comments.ts';
import { Findings } from './review/findings.ts';
import { FindingMarks } from './review/marks.ts';
import { ReviewMemory } from './review/memory.ts';
import { FindingProblems } from './review/problems.ts';
import { Solver } from './solve/solver.ts';
import { SearchTreeView } from './search-tree-view.ts';
import { Server } from './server.ts';
import { StatusBar } from './status-bar.ts';
import { VerdictPanel } from './verdict-panel.ts';

export class Verity implements Disposable {
  readonly extensionUri: Uri;
  readonly log: LogOutputChannel;
  readonly server: Server;
  readonly memory: ReviewMemory;
  readonly findings: Findings;
  readonly comments: FindingComments;
  readonly panel: VerdictPanel;
  readonly solver: Solver;
  readonly searchTree: SearchTreeView;
  readonly completionStatus: CompletionStatus;
  readonly completions: SafeCompletions;
  private readonly parts: Pick<Disposable, 'dispose'>[];
  private review: readonly JudgedHunk[] | undefined;

  constructor(context: ExtensionContext) {
    this.extensionUri = context.extensionUri;
    this.log = window.createOutputChannel('Verity', { log: true });
    this.server = new Server(context, this.log);
    this.memory = new ReviewMemory(context.workspaceState);
    this.findings = new Findings(this.memory);
    this.comments = new FindingComments(this.findings);
    this.panel = new VerdictPanel(context.extensionUri);
    this.solver = new Solver(context.extensionUri, this.server, (message) => this.log.warn(message));
    this.searchTree = new SearchTreeView(context.extensionUri);
    this.completionStatus = new CompletionStatus();
    this.completions = new SafeCompletions(this);
    this.parts = [
      new StatusBar(this.server),
      new FindingMarks(this.findings, context.extensionUri),
      new FindingProblems(this.findings),
      this.panel,
      this.solver,
      this.completions,
      this.completionStatus,
      this.searchTree,
      this.comments,
      this.findings,
      this.server,
      this.log,
    ];
  }

  /** The latest review that came to its end, for its export. */
  get latestReview(): readonly JudgedHunk[] | undefined {
    return this.review;
  }

  keepReview(hunks: readonly JudgedHunk[]): void {
    this.review = hunks;
    void commands.executeCommand('setContext', 'verity.hasReview', true);
  }

  dispose(): void {
    for (const part of this.parts) part.dispose();
  }
}
