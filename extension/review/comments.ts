/** Findings as comment threads on the changed lines. */
import {
  type Comment,
  type CommentController,
  CommentMode,
  type CommentThread,
  CommentThreadCollapsibleState,
  comments,
  CommentThreadState,
  type Disposable,
  Range,
  Uri,
} from 'vscode';
import { severityOf } from '../../server/review/findings.ts';
import { findingMarkdown, threadLabel } from '../markdown.ts';
import type { Finding } from './finding.ts';
import type { Findings } from './findings.ts';

export class FindingComments implements Disposable {
  private readonly controller: CommentController;
  private readonly findings: Findings;
  private readonly subscription: Disposable;
  private shown = new Map<string, CommentThread>();
  private readonly findingOf = new WeakMap<CommentThread, Finding>();

  constructor(findings: Findings) {
    this.controller = comments.createCommentController('verity', 'Verity');
    this.findings = findings;
    this.subscription = findings.onDidChange(() => this.render());
  }

  /** The finding that a thread shows. */
  finding(thread: CommentThread): Finding | undefined {
    return this.findingOf.get(thread);
  }

  /** Keeps the threads of findings that stay, so that a user's open and closed ones stay as they are. */
  private render(): void {
    const shown = new Map<string, CommentThread>();
    for (const finding of this.findings.all) {
      const key = keyOf(finding);
      const thread = this.shown.get(key) ?? this.create(finding);
      update(thread, finding);
      this.findingOf.set(thread, finding);
      shown.set(key, thread);
    }
    for (const [key, thread] of this.shown) if (!shown.has(key)) thread.dispose();
    this.shown = shown;
  }

  private create(finding: Finding): CommentThread {
    const uri = Uri.parse(finding.uri);
    const thread = this.controller.createCommentThread(uri, rangeOf(finding), [comment(finding)]);
    thread.label = threadLabel(finding.judged.judgment);
    thread.canReply = false;
    thread.collapsibleState = finding.resolved
      ? CommentThreadCollapsibleState.Collapsed
      : CommentThreadCollapsibleState.Expanded;
    return thread;
  }

  dispose(): void {
    this.subscription.dispose();
    this.controller.dispose();
  }
}

/** A judgment is told apart by its text too: judged again, a finding gets a new thread. */
const keyOf = ({ uri, judged, anchor }: Finding): string =>
  JSON.stringify([uri, judged.fingerprint, anchor.startLine, judged.judgment.confidence]);

function update(thread: CommentThread, finding: Finding): void {
  const range = rangeOf(finding);
  if (thread.range?.isEqual(range) !== true) thread.range = range;
  const state = finding.resolved ? CommentThreadState.Resolved : CommentThreadState.Unresolved;
  if (thread.state === state) return;
  if (thread.state !== undefined && finding.resolved)
    thread.collapsibleState = CommentThreadCollapsibleState.Collapsed;
  thread.state = state;
  thread.contextValue = finding.resolved ? 'resolved' : 'open';
}

/** Of a pure deletion, the place it left. */
export function rangeOf({ range: { startLine, endLine } }: Finding): Range {
  return new Range(startLine, 0, Math.max(startLine, endLine - 1), 0);
}

const comment = ({ judged: { judgment } }: Finding): Comment => ({
  body: findingMarkdown(judgment),
  mode: CommentMode.Preview,
  author: { name: 'Verity' },
  label: severityOf(judgment) === 'warning' ? 'Warning' : 'Note',
});
