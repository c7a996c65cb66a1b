/** How a command ends: its exit code and, where it fails, the one line that says why. */
import { VerityError } from '../runtime/errors.ts';

const FAILED = 1;
const BAD_INPUT = 2;
const CANCELLED = 130;

/** Runs a command to its end and exits the process. */
export async function exitWith(signal: AbortSignal, command: () => Promise<void>): Promise<never> {
  try {
    await command();
    return await leave(0);
  } catch (error) {
    if (signal.aborted) return await leave(CANCELLED, 'cancelled');
    const message = (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, ' ');
    // A dead worker and a full queue are not the input's fault.
    const isInput = error instanceof VerityError && error.kind !== 'workerDied' && error.kind !== 'busy';
    return await leave(isInput ? BAD_INPUT : FAILED, message);
  }
}

/** Leaves once everything written has reached a pipe. */
async function leave(code: number, message?: string): Promise<never> {
  if (message !== undefined) process.stderr.write(`verity: ${message}\n`);
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  process.exit(code);
}
