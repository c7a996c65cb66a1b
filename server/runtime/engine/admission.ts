/**
 * Who may begin: whoever does has room reserved for all it may cache, so that no two requests ever block each other
 * half done. Pure but for the clock it is given.
 */
import { VerityError } from '../errors.ts';
import { PRIORITIES, type Priority } from './policy.ts';

/** Back-pressure: more than this many do not wait for room. */
const MAX_WAITING = 64;

/** How much later, at most, each class lets requests of the one after it go first. */
const SLACK_MS = 2000;

export interface AdmissionRequest {
  /** The most positions it will hold at a time. */
  positions: number;
  priority: Priority;
  signal?: AbortSignal | undefined;
}

interface Applicant {
  positions: number;
  deadline: number;
  admit: () => void;
}

export class Admission {
  private readonly limit: number;
  private readonly now: () => number;
  private reserved = 0;
  private readonly waiting: Applicant[] = [];

  constructor(limit: number, now: () => number) {
    this.limit = limit;
    this.now = now;
  }

  /**
   * Waits for room; `release` gives it back. Earliest deadline first, a deadline being the arrival and the slack of
   * the class: it is fixed, and later arrivals have later ones, so only finitely many go before anyone.
   * @throws VerityError busy if too many wait or it can never fit; the signal's reason if it aborts.
   */
  async reserve({ positions, priority, signal }: AdmissionRequest): Promise<void> {
    signal?.throwIfAborted();
    if (positions > this.limit)
      throw new VerityError(
        'busy',
        `The request may cache ${positions} positions, but the model's memory for context holds ${this.limit}. Ask for less.`,
      );
    if (this.waiting.length === 0 && this.fits(positions)) this.reserved += positions;
    else await this.wait(positions, this.now() + SLACK_MS * PRIORITIES.indexOf(priority), signal);
  }

  release(positions: number): void {
    this.reserved -= positions;
    this.admitWaiting();
  }

  private fits(positions: number): boolean {
    return this.reserved + positions <= this.limit;
  }

  private wait(positions: number, deadline: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.waiting.length >= MAX_WAITING)
      throw new VerityError(
        'busy',
        `${this.waiting.length} requests are waiting for the model already; try again when some are done.`,
      );
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(applicant), 1);
        this.admitWaiting();
        reject(signal!.reason as Error);
      };
      const admit = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const applicant = { positions, deadline, admit };
      const later = this.waiting.findIndex((other) => other.deadline > deadline);
      this.waiting.splice(later < 0 ? this.waiting.length : later, 0, applicant);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  /** The first in line is never overtaken, however small others are: else a large request might wait for ever. */
  private admitWaiting(): void {
    for (let first = this.waiting[0]; first && this.fits(first.positions); first = this.waiting[0]) {
      this.waiting.shift();
      this.reserved += first.positions;
      first.admit();
    }
  }
}
