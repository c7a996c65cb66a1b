/** How requests ended: kept in memory on this machine only, so that a user can ask why nothing was shown. */
import type { Outcome } from '../protocol/requests.ts';
import { VerityError } from '../runtime/errors.ts';

const KEPT = 50;

export class OutcomeLog {
  private readonly entries: Outcome[] = [];

  get latest(): Outcome[] {
    return [...this.entries];
  }

  record(request: string, startedAt: number, outcome: Outcome['outcome'], reason?: string): void {
    const ms = performance.now() - startedAt;
    this.entries.push({
      request,
      outcome,
      at: new Date().toISOString(),
      ms,
      ...(reason === undefined ? {} : { reason }),
    });
    if (this.entries.length > KEPT) this.entries.shift();
  }
}

/** A refusal is the user's to act on; a failure is not. */
export const failureOutcome = (error: unknown): 'refused' | 'failed' =>
  error instanceof VerityError && error.kind !== 'workerDied' ? 'refused' : 'failed';
