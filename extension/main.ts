/** The extension's entry: registers what the user can do; everything else starts on first use. */
import type { ExtensionContext } from 'vscode';
import { registerCommands } from './commands/register.ts';
import { Verity } from './verity.ts';

export function activate(context: ExtensionContext): void {
  const started = performance.now();
  const verity = new Verity(context);
  context.subscriptions.push(verity);
  registerCommands(context, verity);
  verity.log.info(`activated in ${(performance.now() - started).toFixed(1)} ms`);
}
