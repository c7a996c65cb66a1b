/** Inline completions: what the suggester finds, at the editor's cursor. */
import {
  type CancellationToken,
  commands,
  type Disposable,
  type InlineCompletionContext,
  InlineCompletionItem,
  type InlineCompletionItemProvider,
  InlineCompletionTriggerKind,
  Range,
  type Position,
  type TextDocument,
  window,
  workspace,
} from 'vscode';
import type { Verity } from '../verity.ts';
import { placeAt, titleOf } from './document-place.ts';
import { Outcomes } from './outcomes.ts';
import { search } from './search.ts';
import { completionSettings } from './settings.ts';
import { type SuggestionRequest, Suggester } from './suggester.ts';

export class SafeCompletions implements InlineCompletionItemProvider, Disposable {
  readonly outcomes = new Outcomes();
  private readonly suggester: Suggester;
  private readonly subscriptions: Disposable[];

  constructor(verity: Verity) {
    this.suggester = new Suggester({
      settings: completionSettings,
      search: async (params, { title }, signal) =>
        (await search(verity, params, { title, source: 'inline' }, signal)).result,
      onEnd: (outcome, { title }, ms) => {
        this.outcomes.add({ outcome, place: title, at: new Date(), ms });
        verity.completionStatus.show(outcome);
      },
      onUpgrade: showAgain,
    });
    this.subscriptions = [
      workspace.onDidChangeTextDocument(({ document }) => {
        if (document === window.activeTextEditor?.document) this.suggester.stop();
      }),
      window.onDidChangeTextEditorSelection(() => this.suggester.stop()),
      workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('verity')) this.suggester.forget();
      }),
    ];
  }

  async provideInlineCompletionItems(
    document: TextDocument,
    position: Position,
    context: InlineCompletionContext,
    token: CancellationToken,
  ): Promise<InlineCompletionItem[]> {
    const controller = new AbortController();
    const subscription = token.onCancellationRequested(() => controller.abort());
    try {
      const completions = await this.suggester.suggest(
        requestAt(document, position, context),
        controller.signal,
      );
      return completions.map(({ text }) => new InlineCompletionItem(text, new Range(position, position)));
    } finally {
      subscription.dispose();
    }
  }

  dispose(): void {
    this.suggester.stop();
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}

const requestAt = (
  document: TextDocument,
  position: Position,
  { triggerKind, selectedCompletionInfo }: Partial<InlineCompletionContext>,
): SuggestionRequest => ({
  ...placeAt(document, new Range(position, position)),
  document: document.uri.toString(),
  title: titleOf(document, position),
  language: document.languageId,
  length: document.offsetAt(document.lineAt(document.lineCount - 1).range.end),
  isExplicit: triggerKind === InlineCompletionTriggerKind.Invoke,
  isListOpen: selectedCompletionInfo !== undefined,
});

/** Has the editor ask anew, if the cursor is still where it was. */
function showAgain(request: SuggestionRequest): void {
  const editor = window.activeTextEditor;
  if (editor === undefined) return;
  const now = requestAt(editor.document, editor.selection.active, {});
  const isStill =
    now.document === request.document && now.prefix === request.prefix && now.suffix === request.suffix;
  if (isStill) void commands.executeCommand('editor.action.inlineSuggest.trigger');
}
