/** Safe completions in the status bar: on or off, one click to change it, and whether the last request was refused. */
import {
  type Disposable,
  MarkdownString,
  StatusBarAlignment,
  type StatusBarItem,
  window,
  workspace,
} from 'vscode';
import { inWords, type Outcome } from './outcomes.ts';
import { completionSettings } from './settings.ts';

const WHY = 'verity.whyNoSuggestion';

export class CompletionStatus implements Disposable {
  private readonly item: StatusBarItem;
  private readonly subscription: Disposable;
  private last: Outcome | undefined;

  constructor() {
    this.item = window.createStatusBarItem('verity.completion', StatusBarAlignment.Right, 89);
    this.item.name = 'Verity: Safe Completions';
    this.item.command = 'verity.toggleCompletions';
    this.subscription = workspace.onDidChangeConfiguration((change) => {
      if (!change.affectsConfiguration('verity.completion')) return;
      this.last = undefined;
      this.render();
    });
    this.render();
    this.item.show();
  }

  /** Debounced and cancelled requests are followed by the next one, which tells more. */
  show(outcome: Outcome): void {
    if (outcome.kind === 'debounced' || outcome.kind === 'cancelled') return;
    this.last = outcome;
    this.render();
  }

  private render(): void {
    const { isEnabled } = completionSettings();
    const problem =
      this.last?.kind === 'refused' || this.last?.kind === 'failed' ? this.last.kind : undefined;
    this.item.text = isEnabled ? `$(shield) ${problem ?? 'safe'}` : '$(shield) off';
    const tooltip = new MarkdownString(
      isEnabled
        ? 'Safe completions are on. Click to turn them off.'
        : 'Safe completions are off. Click to turn them on.',
    );
    if (isEnabled && this.last !== undefined && this.last.kind !== 'answered') {
      tooltip.appendMarkdown('\n\n').appendText(`The last request ${inWords(this.last)}.`);
      tooltip.appendMarkdown(` [Why?](command:${WHY})`);
      tooltip.isTrusted = { enabledCommands: [WHY] };
    }
    this.item.tooltip = tooltip;
    this.item.accessibilityInformation = {
      label: `Verity: safe completions ${isEnabled ? (problem ?? 'on') : 'off'}`,
      role: 'button',
    };
  }

  dispose(): void {
    this.subscription.dispose();
    this.item.dispose();
  }
}
