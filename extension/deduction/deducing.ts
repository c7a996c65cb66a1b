/** One question as the user sees it: progress with cancel, the panel as premises are read, the result at its lines. */
import { CancellationTokenSource, ProgressLocation, window } from 'vscode';
import type { Deduction } from '../../server/protocol/deduction.ts';
import { NOTHING_ASKED } from '../../server/protocol/derivation-panel.ts';
import type { Verity } from '../verity.ts';
import type { Asked } from './asked.ts';
import type { DerivationView } from './derivation-view.ts';
import type { Result } from './results.ts';

let current: CancellationTokenSource | undefined;

/** There is nothing to ask yet; the message says what the user has to do first. */
export class NothingToAsk extends Error {
  override readonly name = 'NothingToAsk';
}

/**
 * Asks what `find` finds and answers with the deduction, for extensions that run the command. Undefined if there is
 * none: the user changed their mind, or one message says why.
 * @param find may throw NothingToAsk.
 */
export async function deduce(
  verity: Verity,
  find: () => Promise<Asked | undefined>,
): Promise<Deduction | undefined> {
  try {
    const asked = await find();
    return asked && (await run(verity, asked));
  } catch (error) {
    if (!(error instanceof NothingToAsk)) throw error;
    void window.showInformationMessage(`Verity: ${error.message}`);
    return undefined;
  }
}

async function run(verity: Verity, asked: Asked): Promise<Deduction | undefined> {
  const { derivation, deductions, server } = verity;
  current?.cancel();
  const source = new CancellationTokenSource();
  current = source;
  const result = deductions.track(asked);
  const { inquiry } = asked;
  derivation.show({ ...NOTHING_ASKED, phase: 'running', inquiry }, result, () => source.cancel());
  await derivation.reveal();
  // A question that was overtaken by the next one has no say in the panel any more.
  const tell: DerivationView['send'] = (message) => {
    if (current === source) derivation.send(message);
  };
  const options = { location: ProgressLocation.Notification, title: 'Verity is deducing', cancellable: true };
  try {
    const deduction = await window.withProgress(options, (_, token) => {
      token.onCancellationRequested(() => source.cancel());
      return asked.send(server, source.token, tell);
    });
    deductions.answer(result, deduction);
    tell({ kind: 'deduction', deduction });
    return deduction;
  } catch (error) {
    deductions.forget(result);
    const message = error instanceof Error ? error.message : String(error);
    verity.log.warn(message);
    const isCancelled = source.token.isCancellationRequested;
    tell({
      kind: 'state',
      state: { ...derivation.state, phase: isCancelled ? 'cancelled' : 'failed', message },
    });
    if (!isCancelled) void window.showErrorMessage(`Verity: ${message}`);
    return undefined;
  } finally {
    if (current === source) current = undefined;
    source.dispose();
  }
}

/** Shows the panel, and in it an earlier result if one is named. */
export async function showDerivation({ derivation, deductions }: Verity, id?: number): Promise<void> {
  const result = id === undefined ? undefined : deductions.find(id);
  if (result?.deduction !== undefined) recall(derivation, result, result.deduction);
  await derivation.reveal();
}

function recall(derivation: DerivationView, result: Result, deduction: Deduction): void {
  current?.cancel();
  current = undefined;
  const { inquiry } = result.asked;
  derivation.show(
    { ...NOTHING_ASKED, phase: 'ended', inquiry, read: deduction.premises, deduction },
    result,
    () => undefined,
  );
}
