/** One request at a time per model; the others wait in order, a bounded number of them. */
import { VerityError } from '../runtime/errors.ts';

const MAX_WAITING = 32;

interface Waiting {
  start: () => void;
}

export class RequestQueue {
  private readonly waitingRequests: Waiting[] = [];
  private isRunning = false;
  private readonly onChange: () => void;

  constructor(onChange: () => void = () => undefined) {
    this.onChange = onChange;
  }

  get running(): number {
    return this.isRunning ? 1 : 0;
  }

  get waiting(): number {
    return this.waitingRequests.length;
  }

  /**
   * Waits for a turn, runs the task, gives the turn on.
   * @throws VerityError busy if too many wait; the signal's reason if it aborts while waiting.
   */
  async run<Result>(task: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    await this.turn(signal);
    try {
      return await task();
    } finally {
      this.isRunning = false;
      this.waitingRequests.shift()?.start();
      this.onChange();
    }
  }

  private async turn(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.isRunning) {
      if (this.waiting >= MAX_WAITING)
        throw new VerityError(
          'busy',
          `${this.waiting} requests are waiting already; try again when some are done.`,
        );
      await this.wait(signal);
    }
    this.isRunning = true;
    this.onChange();
  }

  private wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.waitingRequests.splice(this.waitingRequests.indexOf(entry), 1);
        this.onChange();
        reject(signal?.reason as Error);
      };
      const entry: Waiting = {
        start: () => {
          signal?.removeEventListener('abort', leave);
          // Taken at once, so that nobody slips in before the waiting request's turn begins.
          this.isRunning = true;
          resolve();
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.waitingRequests.push(entry);
      this.onChange();
    });
  }
}
