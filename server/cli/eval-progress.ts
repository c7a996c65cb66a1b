/** How an evaluation comes along, on standard error: a bar on a terminal, a line now and then elsewhere. */
import type { Outcome } from '../eval/outcome.ts';

const WIDTH = 24;
/** Lines that a whole evaluation writes where there is no terminal. */
const LINES = 20;

export class EvalProgress {
  private done: number;
  private notJudged = 0;
  private readonly total: number;
  private readonly resumed: number;
  private readonly started = performance.now();
  private readonly live = process.stderr.isTTY;

  /** @param resumed how many of all are known from an earlier run */
  constructor(total: number, resumed: number) {
    this.total = total;
    this.resumed = resumed;
    this.done = resumed;
  }

  ended({ kind }: Outcome): void {
    this.done++;
    if (kind !== 'judged') this.notJudged++;
    if (this.live) process.stderr.write(`\r\x1b[K${this.bar()} ${this.line()}`);
    else if (this.isMilestone()) process.stderr.write(`${this.line()}\n`);
  }

  end(): void {
    if (this.live) process.stderr.write('\r\x1b[K');
  }

  private isMilestone(): boolean {
    const step = (done: number) => Math.floor((LINES * done) / this.total);
    return step(this.done) > step(this.done - 1);
  }

  private bar(): string {
    const full = Math.round((WIDTH * this.done) / this.total);
    return `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`;
  }

  private line(): string {
    const perMs = (this.done - this.resumed) / (performance.now() - this.started);
    const left = (this.total - this.done) / perMs;
    const notJudged = this.notJudged > 0 ? `, ${this.notJudged} not judged` : '';
    return `${this.done} of ${this.total}${notJudged}, ${duration(left)} left`;
  }
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
