/** The extension's entry: registers what the user can do; server and model start on first use. */
import { type ExtensionContext, languages } from 'vscode';
import { FIX_KINDS, FixJudge } from './code-actions.ts';
import { JudgeLenses } from './code-lens.ts';
import { registerCommands } from './commands/register.ts';
import { registerChat } from './chat/participant.ts';
import { registerTools } from './chat/tools.ts';
import { SOLVE_KINDS, SolveActions } from './solve/code-action.ts';
import { Verity } from './verity.ts';

const FILES = { scheme: 'file' };

/** Files of remote and virtual workspaces, and what was never saved. */
const EDITED = ['file', 'untitled', 'vscode-vfs', 'vscode-remote'].map((scheme) => ({ scheme }));

export function activate(context: ExtensionContext): void {
  const started = performance.now();
  const verity = new Verity(context);
  const lenses = new JudgeLenses();
  context.subscriptions.push(
    verity,
    lenses,
    languages.registerCodeLensProvider(FILES, lenses),
    languages.registerCodeActionsProvider(FILES, new FixJudge(), { providedCodeActionKinds: FIX_KINDS }),
    languages.registerCodeActionsProvider(EDITED, new SolveActions(), {
      providedCodeActionKinds: SOLVE_KINDS,
    }),
    ...registerTools(verity.server),
    registerChat(verity),
    languages.registerInlineCompletionItemProvider(EDITED, verity.completions),
  );
  registerCommands(context, verity);
  void verity.findings.restore();
  verity.log.info(`activated in ${(performance.now() - started).toFixed(1)} ms`);
}
