/** Every command of the palette, by name. */
import { commands, type CommentThread, type ExtensionContext, type Uri, window } from 'vscode';
import { cancelCurrent } from '../judging.ts';
import type { Verity } from '../verity.ts';
import { explainLatest, showStatus } from './explain.ts';
import { judgeChange } from './judge-change.ts';
import { judgeFiles } from './judge-files.ts';
import { judgeSelections } from './judge-selections.ts';

export function registerCommands(context: ExtensionContext, verity: Verity): void {
  const handlers: Record<string, (...args: never[]) => unknown> = {
    'verity.judgeChange': () => judgeChange(verity),
    'verity.judgeSelections': () => judgeSelections(verity),
    'verity.judgeFiles': (clicked?: Uri, selected?: Uri[]) => judgeFiles(verity, clicked, selected),
    'verity.showVerdict': () => verity.panel.reveal(),
    'verity.showStatus': () => showStatus(verity),
    'verity.whyNothing': () => explainLatest(verity),
    'verity.restartServer': () =>
      verity.server.restart().catch((error: unknown) => window.showErrorMessage(`Verity: ${String(error)}`)),
    'verity.clearJudgments': () => verity.comments.clear(),
    'verity.dismiss': (thread: CommentThread) => verity.comments.dismiss(thread),
    'verity.cancel': () => cancelCurrent(),
  };
  for (const [name, handler] of Object.entries(handlers))
    context.subscriptions.push(commands.registerCommand(name, handler as (...args: unknown[]) => unknown));
}
