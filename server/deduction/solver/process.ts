/**
 * The owner's side of the solver's process: started on first need, reused, killed when a question takes longer than its
 * limit or is cancelled (Z3 blocks until it has an answer), and started anew for the next one.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { FromSolver, type ToSolver } from './messages.ts';
import { type CheckOptions, type Evaluator, UndecidedError } from './solver.ts';

/** Loading takes 0.2 s on an idle machine. */
const START_LIMIT_MS = 30_000;

interface Started {
  child: ChildProcess;
  ready: Promise<void>;
  ended: Promise<never>;
}

export class SolverProcess implements Evaluator {
  private readonly file: string;
  private started: Started | undefined;
  private nextId = 0;
  /** One question at a time: killing the process for one must not cost another its answer. */
  private last: Promise<unknown> = Promise.resolve();

  /** @param file The bundled process (dist/solver.mjs). */
  constructor(file: string) {
    this.file = file;
  }

  /** The running process's id, for whoever watches it. */
  get pid(): number | undefined {
    return this.started?.child.pid;
  }

  evaluate(smtLib: string, options: CheckOptions): Promise<string> {
    const answer = this.last.then(() => this.ask(smtLib, options));
    this.last = answer.catch(() => undefined);
    return answer;
  }

  async dispose(): Promise<void> {
    this.kill();
    await this.last;
  }

  private async ask(smtLib: string, { timeLimitMs, signal }: CheckOptions): Promise<string> {
    signal?.throwIfAborted();
    const { child, ready, ended } = (this.started ??= this.start());
    const kill = () => this.kill();
    signal?.addEventListener('abort', kill, { once: true });
    const stopwatch = new Stopwatch(kill);
    try {
      stopwatch.set(START_LIMIT_MS);
      await Promise.race([ready, ended]);
      stopwatch.set(timeLimitMs);
      return await Promise.race([this.post(child, { id: this.nextId++, smtLib }), ended]);
    } catch (error) {
      signal?.throwIfAborted();
      throw stopwatch.hasRung
        ? new UndecidedError(`The solver did not answer within ${Math.round(timeLimitMs)} ms.`)
        : error;
    } finally {
      stopwatch.stop();
      signal?.removeEventListener('abort', kill);
    }
  }

  private post(child: ChildProcess, message: ToSolver): Promise<string> {
    return new Promise((resolve) => {
      const receive = (raw: unknown) => {
        const answer = FromSolver.parse(raw);
        if (answer.kind !== 'output' || answer.id !== message.id) return;
        child.off('message', receive);
        resolve(answer.text);
      };
      child.on('message', receive);
      // A closed channel shows as the process's end.
      child.send(message, () => undefined);
    });
  }

  private start(): Started {
    const child = fork(this.file, { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    const ready = new Promise<void>((resolve) => {
      child.once('message', () => resolve());
    });
    const ended = new Promise<never>((_, reject) => {
      const end = (how: string) => {
        if (this.started?.child === child) this.started = undefined;
        reject(new UndecidedError(`The solver's process ended (${how}).`));
      };
      child.on('exit', (code, signal) => end(signal ?? `exit code ${code}`));
      child.on('error', (error) => end(error.message));
    });
    // Nobody may be waiting when it ends.
    ended.catch(() => undefined);
    return { child, ready, ended };
  }

  private kill(): void {
    this.started?.child.kill('SIGKILL');
    this.started = undefined;
  }
}

/** Rings once when its time is up, and remembers that it did. */
class Stopwatch {
  hasRung = false;
  private readonly ring: () => void;
  private timer: NodeJS.Timeout | undefined;

  constructor(ring: () => void) {
    this.ring = ring;
  }

  set(ms: number): void {
    this.stop();
    this.timer = setTimeout(() => {
      this.hasRung = true;
      this.ring();
    }, ms);
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
