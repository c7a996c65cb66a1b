/** Results in the editor: behind the line of the question, and over its premises. They go when those lines change. */
import {
  type DecorationOptions,
  type Disposable,
  MarkdownString,
  Range,
  type TextDocument,
  type TextDocumentChangeEvent,
  type TextEditor,
  type TextEditorDecorationType,
  ThemeColor,
  window,
  workspace,
} from 'vscode';
import { type Deduction, DeductionStatus } from '../../server/protocol/deduction.ts';
import type { Asked } from './asked.ts';
import { afterEdit, type Edit, type Place } from './place.ts';
import { hoverMarkdown, inlineText } from './report.ts';
import type { Span } from './sentences.ts';

/** A question whose places are followed; it has a deduction once it was answered. */
export interface Result {
  readonly id: number;
  readonly asked: Asked;
  /** undefined once the lines are no longer what was asked about. */
  place: Place | undefined;
  deduction?: Deduction;
}

export class DeductionResults implements Disposable {
  private results: Result[] = [];
  private nextId = 0;
  private readonly types: Record<DeductionStatus, TextEditorDecorationType>;
  private readonly subscriptions: Disposable[];

  constructor() {
    this.types = {
      entailed: behindLine('verity.provedForeground'),
      refuted: behindLine('verity.refutedForeground'),
      abstained: behindLine('verity.abstainedForeground'),
      contradictory: behindLine('verity.contradictoryForeground'),
    };
    this.subscriptions = [
      workspace.onDidChangeTextDocument((change) => this.follow(change)),
      workspace.onDidCloseTextDocument((document) => this.keep((other) => other.asked.document !== document)),
      window.onDidChangeVisibleTextEditors((editors) => editors.forEach((editor) => this.render(editor))),
      ...Object.values(this.types),
    ];
  }

  /** Follows a question's places from now on. */
  track(asked: Asked): Result {
    const result: Result = { id: this.nextId++, asked, place: asked.place };
    this.results.push(result);
    return result;
  }

  /** Shows an answer at its lines, in place of an earlier one. */
  answer(result: Result, deduction: Deduction): void {
    result.deduction = deduction;
    this.keep((other) => other === result || other.deduction === undefined || !isSamePlace(other, result));
  }

  forget(result: Result): void {
    this.keep((other) => other !== result);
  }

  clear(): void {
    this.keep(({ deduction }) => deduction === undefined);
  }

  find(id: number): Result | undefined {
    return this.results.find((result) => result.id === id);
  }

  private follow({ document, contentChanges }: TextDocumentChangeEvent): void {
    const concerned = this.results.filter(({ asked }) => asked.document === document);
    if (concerned.length === 0 || contentChanges.length === 0) return;
    // VS Code tells the last change in the document first, so each leaves those that follow in place.
    const edits = contentChanges.map(({ rangeOffset, rangeLength, text, range }) => ({
      offset: rangeOffset,
      length: rangeLength,
      text,
      startsLine: range.start.character === 0,
    }));
    for (const result of concerned) result.place = afterEdits(result.place, edits);
    this.keep(({ place, deduction }) => place !== undefined || deduction === undefined);
  }

  private keep(isKept: (result: Result) => boolean): void {
    this.results = this.results.filter(isKept);
    for (const editor of window.visibleTextEditors) this.render(editor);
  }

  private render(editor: TextEditor): void {
    const here = this.results.filter(({ asked }) => asked.document === editor.document);
    for (const status of DeductionStatus.options)
      editor.setDecorations(
        this.types[status],
        here.flatMap((result) => decorationsOf(result, status)),
      );
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}

const afterEdits = (place: Place | undefined, edits: readonly Edit[]): Place | undefined =>
  edits.reduce<Place | undefined>((now, edit) => now && afterEdit(now, edit), place);

const isSamePlace = (one: Result, other: Result): boolean =>
  one.asked.document === other.asked.document && one.place?.question.start === other.place?.question.start;

/** The result behind the question; its hover over the premises too. */
function decorationsOf(
  { id, asked, place, deduction }: Result,
  status: DeductionStatus,
): DecorationOptions[] {
  if (place === undefined || deduction?.status !== status) return [];
  const hoverMessage = hover(id, deduction);
  const rangeOf = (span: Span) => range(asked.document, span);
  const contentText = inlineText(deduction);
  return [
    { range: rangeOf(place.question), hoverMessage, renderOptions: { after: { contentText } } },
    ...place.premises.map((premise) => ({ range: rangeOf(premise), hoverMessage })),
  ];
}

function hover(id: number, deduction: Deduction): MarkdownString {
  const link = `command:verity.showDerivation?${encodeURIComponent(JSON.stringify([id]))}`;
  const markdown = new MarkdownString(`${hoverMarkdown(deduction)}\n\n[Show Derivation](${link})`);
  markdown.isTrusted = { enabledCommands: ['verity.showDerivation'] };
  return markdown;
}

/** Its place in the document as it is now. */
export const range = (document: TextDocument, { start, end }: Span): Range =>
  new Range(document.positionAt(start), document.positionAt(end));

const behindLine = (color: string): TextEditorDecorationType =>
  window.createTextEditorDecorationType({
    after: { margin: '0 0 0 2em', color: new ThemeColor(color), fontStyle: 'italic' },
  });
