/** One run of the judge as the user sees it: progress with cancel, the panel as it is written, one message on failure. */
import { CancellationTokenSource, commands, ProgressLocation, window } from 'vscode';
import type { CancellationToken } from 'vscode';
import type { PanelEntry } from '../server/protocol/panel.ts';
import type { Verity } from './verity.ts';

let current: CancellationTokenSource | undefined;

/** Whether a run is in progress: then the panel is its own. */
export const isJudging = (): boolean => current !== undefined;

/** For the menus: commands are shown only where they work. */
const tellMenus = (): void => void commands.executeCommand('setContext', 'verity.isJudging', isJudging());

/** Cancels the run in progress, if there is one. */
export const cancelCurrent = (): void => current?.cancel();

/** An entry of the panel before anything was written. */
export const entry = (
  title: string,
  names: PanelEntry['names'],
  comparison: PanelEntry['comparison'] = 'alternatives',
): PanelEntry => ({
  title,
  names,
  comparison,
  canOpen: comparison === 'change',
  written: { AB: '', BA: '' },
});

/** Runs a judgment and answers with it; what it throws becomes one message that says what to do. */
export async function runJudging<Result>(
  verity: Verity,
  title: string,
  run: (token: CancellationToken, report: (message: string) => void) => Promise<Result>,
): Promise<Result | undefined> {
  current?.cancel();
  const source = new CancellationTokenSource();
  current = source;
  tellMenus();
  verity.panel.begin();
  await verity.panel.reveal();
  // A run that was overtaken by the next one has no say in the panel any more.
  const showEnd: typeof verity.panel.end = (phase, message) => {
    if (current === source) verity.panel.end(phase, message);
  };
  const options = { location: ProgressLocation.Notification, title, cancellable: true };
  try {
    const result = await window.withProgress(options, (progress, token) => {
      token.onCancellationRequested(() => source.cancel());
      return run(source.token, (message) => progress.report({ message }));
    });
    showEnd('ended');
    return result;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    verity.log.warn(message);
    if (source.token.isCancellationRequested) showEnd('cancelled');
    else {
      showEnd('failed', message);
      void window.showErrorMessage(`Verity: ${message}`);
    }
    return undefined;
  } finally {
    if (current === source) current = undefined;
    tellMenus();
    source.dispose();
  }
}
