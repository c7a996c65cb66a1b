/**
 * Who may begin: whoever does has room reserved for all it may cache, so that no two requests ever block each other
 * half done. Pure but for the clock it is given.
 */
import { VerityError } from '../errors.ts';
import { PRIORITIES, type Priority } from './policy.ts';

/**
 * Requests of one class that run at once; more would slow each other down by more than a larger batch gains. Each
 * class has seats of its own, so that none waits for another's to end.
 */
export const SEATS = 16;

/** Back-pressure: more than this many of a class do not wait. */
export const MAX_WAITING = 64;

/** How much later, at most, each class lets requests of the one after it go first. */
const SLACK_MS = 2000;

export interface AdmissionRequest {
  /** The most positions it will hold at a time. */
  positions: number;
  priority: Priority;
  signal?: AbortSignal | undefined;
}

/** How many requests hold their room, and how many wait for it. */
export interface RequestCounts {
  running: number;
  waiting: number;
}

type Claim = Pick<AdmissionRequest, 'positions' | 'priority'>;

interface Applicant extends Claim {
  deadline: number;
  admit: () => void;
}

export class Admission {
  private readonly limit: number;
  private readonly now: () => number;
  private reserved = 0;
  private readonly seated: Record<Priority, number> = { inline: 0, panel: 0, batch: 0 };
  /** By deadline. */
  private waiting: Applicant[] = [];

  constructor(limit: number, now: () => number) {
    this.limit = limit;
    this.now = now;
  }

  get counts(): RequestCounts {
    const { inline, panel, batch } = this.seated;
    return { running: inline + panel + batch, waiting: this.waiting.length };
  }

  /**
   * Waits for a seat and for room; `release` gives them back. Earliest deadline first, a deadline being the arrival
   * and the slack of the class: it is fixed, and later arrivals have later ones, so only finitely many go before
   * anyone.
   * @throws VerityError busy if too many wait or it can never fit; the signal's reason if it aborts.
   */
  async reserve({ positions, priority, signal }: AdmissionRequest): Promise<void> {
    signal?.throwIfAborted();
    if (positions > this.limit)
      throw new VerityError(
        'busy',
        `The request may cache ${positions} positions, but the model's memory for context holds ${this.limit}. Ask for less.`,
      );
    const deadline = this.now() + SLACK_MS * PRIORITIES.indexOf(priority);
    await this.apply({ positions, priority, deadline }, signal);
  }

  release({ positions, priority }: Claim): void {
    this.reserved -= positions;
    this.seated[priority]--;
    this.admitWaiting();
  }

  private apply(claim: Omit<Applicant, 'admit'>, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.remove(applicant);
        this.admitWaiting();
        reject(signal!.reason as Error);
      };
      const admit = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const applicant: Applicant = { ...claim, admit };
      const later = this.waiting.findIndex((other) => other.deadline > applicant.deadline);
      this.waiting.splice(later < 0 ? this.waiting.length : later, 0, applicant);
      this.admitWaiting();
      if (!this.waiting.includes(applicant)) return;
      const rivals = this.waiting.filter(({ priority }) => priority === applicant.priority).length - 1;
      if (rivals < MAX_WAITING) {
        signal?.addEventListener('abort', leave, { once: true });
        return;
      }
      this.remove(applicant);
      const message = `${rivals} requests are waiting for the model already; try again when some are done.`;
      reject(new VerityError('busy', message));
    });
  }

  private remove(applicant: Applicant): void {
    this.waiting.splice(this.waiting.indexOf(applicant), 1);
  }

  /** Whoever is first for the room is never overtaken, however small others are: else it might wait for ever. */
  private admitWaiting(): void {
    for (;;) {
      const first = this.waiting.find(({ priority }) => this.seated[priority] < SEATS);
      if (first === undefined || this.reserved + first.positions > this.limit) return;
      this.remove(first);
      this.reserved += first.positions;
      this.seated[first.priority]++;
      first.admit();
    }
  }
}
