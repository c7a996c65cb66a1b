/** The requests in hand: which wait, which are worked on, and in which of the named ways each ends. */
import type { Outcome } from '../protocol/requests.ts';
import type { Priority } from '../runtime/engine/policy.ts';
import { failureOutcome, OutcomeLog } from './outcomes.ts';

export interface RequestOptions {
  /** What the outcomes call it. */
  name: string;
  priority: Priority;
  signal?: AbortSignal | undefined;
}

/** One request of a user, which may ask a model several things. */
export class Request {
  readonly name: string;
  readonly signal: AbortSignal | undefined;
  /** Of what it asks from now on. */
  priority: Priority;
  private readonly onBegin: () => void;
  private begun = false;
  /** How it ends if its task returns. */
  conclusion: { outcome: 'answered' | 'refused'; reason?: string } = { outcome: 'answered' };

  constructor({ name, priority, signal }: RequestOptions, onBegin: () => void) {
    this.name = name;
    this.priority = priority;
    this.signal = signal;
    this.onBegin = onBegin;
  }

  /** Whether a model has begun to work on it; until then it waits. */
  get hasBegun(): boolean {
    return this.begun;
  }

  begin(): void {
    if (this.begun) return;
    this.begun = true;
    this.onBegin();
  }
}

export class Requests {
  private readonly open = new Set<Request>();
  private readonly log = new OutcomeLog();
  private readonly onChange: () => void;
  private readonly onOutcome: (outcome: Outcome) => void;

  constructor(
    onChange: () => void = () => undefined,
    onOutcome: (outcome: Outcome) => void = () => undefined,
  ) {
    this.onChange = onChange;
    this.onOutcome = onOutcome;
  }

  get running(): number {
    return [...this.open].filter(({ hasBegun }) => hasBegun).length;
  }

  get waiting(): number {
    return this.open.size - this.running;
  }

  /** The latest outcomes, newest last. */
  get outcomes(): Outcome[] {
    return this.log.latest;
  }

  /** Runs a task as a request, at once: who waits for whom is the scheduler's to say. @throws what the task throws. */
  async run<Result>(options: RequestOptions, task: (request: Request) => Promise<Result>): Promise<Result> {
    const startedAt = performance.now();
    const request = new Request(options, this.onChange);
    const end = (outcome: Outcome['outcome'], reason?: string) => {
      this.open.delete(request);
      this.log.record(request.name, startedAt, outcome, reason);
      this.onOutcome(this.log.latest.at(-1)!);
      this.onChange();
    };
    this.open.add(request);
    this.onChange();
    try {
      options.signal?.throwIfAborted();
      const result = await task(request);
      end(request.conclusion.outcome, request.conclusion.reason);
      return result;
    } catch (error) {
      if (options.signal?.aborted)
        end(request.hasBegun ? 'cancelled while running' : 'cancelled while waiting');
      else end(failureOutcome(error), error instanceof Error ? error.message : String(error));
      throw error;
    }
  }
}
