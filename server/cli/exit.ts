/** How a command ends: its exit code and, where it fails, the one line that says why. */
import { VerityError } from '../runtime/errors.ts';
import { printable } from './print.ts';

const FAILED = 1;
const BAD_INPUT = 2;
/** Only where a user asks for it: the review has findings. */
export const FOUND = 3;
const CANCELLED = 130;

/** Runs a command to its end and exits the process, with the command's own code if it answers with one; Ctrl-C aborts the signal, a second one ends at once. */
export async function exitWith(command: (signal: AbortSignal) => unknown): Promise<never> {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  process.stdout.on('error', ({ message }) => end(FAILED, `the output cannot be written: ${message}`));
  let result: unknown;
  try {
    result = await command(controller.signal);
  } catch (error) {
    if (controller.signal.aborted) return end(CANCELLED, 'cancelled');
    // A dead worker and a full queue are not the input's fault.
    const isInput = error instanceof VerityError && error.kind !== 'workerDied' && error.kind !== 'busy';
    return end(isInput ? BAD_INPUT : FAILED, error instanceof Error ? error.message : String(error));
  }
  // Everything written has to reach a pipe first.
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  return process.exit(typeof result === 'number' ? result : 0);
}

function end(code: number, message: string): never {
  process.stderr.write(`verity: ${printable(message.replace(/\s*\n\s*/g, ' '))}\n`);
  return process.exit(code);
}
