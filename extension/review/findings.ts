/** The findings that are shown now. Comments, marks and problems are views of this list. */
import { type Disposable, EventEmitter, type TextDocument, Uri, workspace } from 'vscode';
import type { LineRange } from '../../server/protocol/judgment.ts';
import { afterEdit, linesOf, locate } from './anchor.ts';
import type { Finding } from './finding.ts';
import type { ReviewMemory } from './memory.ts';

export class Findings implements Disposable {
  private list: readonly Finding[] = [];
  private readonly memory: ReviewMemory;
  private readonly changed = new EventEmitter<void>();
  private readonly edits: Disposable;
  readonly onDidChange = this.changed.event;

  constructor(memory: ReviewMemory) {
    this.memory = memory;
    this.edits = workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      const edits = contentChanges.map(({ range, text }) => ({
        startLine: range.start.line,
        endLine: range.end.line + (range.end.character === 0 ? 0 : 1),
        added: linesOf(text).length - 1 - (range.end.line - range.start.line),
      }));
      if (edits.some(({ added }) => added !== 0)) this.follow(document, edits);
    });
  }

  get all(): readonly Finding[] {
    return this.list;
  }

  of(uri: Uri): Finding[] {
    return this.list.filter((finding) => finding.uri === uri.toString());
  }

  /** Shows what was found before the window was reloaded, where it still is. */
  async restore(): Promise<void> {
    const documents = new Map<string, string[] | undefined>();
    const restored: Finding[] = [];
    for (const finding of this.memory.findings) {
      if (!documents.has(finding.uri)) documents.set(finding.uri, await readLines(finding.uri));
      const range = locate(finding.anchor, documents.get(finding.uri) ?? []);
      if (range !== undefined) restored.push({ ...finding, range });
    }
    if (restored.length > 0) this.set([...restored, ...this.list]);
  }

  add(finding: Omit<Finding, 'resolved'>): void {
    const resolved = this.memory.isResolved(finding.judged.fingerprint);
    this.set([...this.list, { ...finding, resolved }]);
  }

  /** Takes a finding away for good: no review shows the same content again. */
  dismiss({ judged: { fingerprint } }: Finding): void {
    this.memory.dismiss(fingerprint);
    this.set(this.list.filter(({ judged }) => judged.fingerprint !== fingerprint));
  }

  setResolved(finding: Finding, resolved: boolean): void {
    const { fingerprint } = finding.judged;
    this.memory.setResolved(fingerprint, resolved);
    this.set(
      this.list.map((other) => (other.judged.fingerprint === fingerprint ? { ...other, resolved } : other)),
    );
  }

  /** Takes the findings away that a new review will judge again, or all. */
  clear(isStale: (finding: Finding) => boolean = () => true): void {
    this.set(this.list.filter((finding) => !isStale(finding)));
  }

  private follow(
    document: TextDocument,
    edits: { startLine: number; endLine: number; added: number }[],
  ): void {
    const uri = document.uri.toString();
    if (!this.list.some((finding) => finding.uri === uri)) return;
    // VS Code tells the last change in the document first, so each leaves those that follow in place.
    const moved = (range: LineRange) => edits.reduce(afterEdit, range);
    this.set(
      this.list.map((finding) =>
        finding.uri === uri ? { ...finding, range: moved(finding.range) } : finding,
      ),
    );
  }

  private set(list: readonly Finding[]): void {
    this.list = list;
    this.memory.findings = list;
    this.changed.fire();
  }

  dispose(): void {
    this.edits.dispose();
    this.changed.dispose();
  }
}

async function readLines(uri: string): Promise<string[] | undefined> {
  try {
    return linesOf((await workspace.openTextDocument(Uri.parse(uri))).getText());
  } catch {
    return undefined;
  }
}
