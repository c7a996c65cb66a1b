/** Judgments as comment threads on the changed lines. */
import {
  type Comment,
  type CommentController,
  CommentMode,
  type CommentThread,
  CommentThreadCollapsibleState,
  comments,
  type Disposable,
  Range,
  type Uri,
} from 'vscode';
import type { JudgedHunk } from '../server/protocol/judgment.ts';
import { headline, judgmentMarkdown } from './markdown.ts';

export class JudgmentComments implements Disposable {
  private readonly controller: CommentController;
  private threads: CommentThread[] = [];

  constructor() {
    this.controller = comments.createCommentController('verity', 'Verity');
  }

  /** Shows a hunk's judgment at its lines of the version after; for a pure deletion, at the place it left. */
  add(uri: Uri, { after, judgment }: JudgedHunk): void {
    const last = Math.max(after.startLine, after.endLine - 1);
    const thread = this.controller.createCommentThread(uri, new Range(after.startLine, 0, last, 0), [
      comment(judgmentMarkdown(judgment)),
    ]);
    thread.label = headline(judgment);
    thread.canReply = false;
    thread.contextValue = 'judgment';
    thread.collapsibleState =
      judgment.verdict === 'A'
        ? CommentThreadCollapsibleState.Expanded
        : CommentThreadCollapsibleState.Collapsed;
    this.threads.push(thread);
  }

  /** Removes one thread: the user is done with it. */
  dismiss(thread: CommentThread): void {
    thread.dispose();
    this.threads = this.threads.filter((other) => other !== thread);
  }

  /** Removes the threads of one file, or all. */
  clear(uri?: Uri): void {
    const goes = (thread: CommentThread) => uri === undefined || thread.uri.toString() === uri.toString();
    for (const thread of this.threads.filter(goes)) thread.dispose();
    this.threads = this.threads.filter((thread) => !goes(thread));
  }

  dispose(): void {
    this.clear();
    this.controller.dispose();
  }
}

const comment = (body: Comment['body']): Comment => ({
  body,
  mode: CommentMode.Preview,
  author: { name: 'Verity' },
});
