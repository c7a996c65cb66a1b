/** A model's process that a test drives: how much memory it says it takes, and when it ends. */
import { VerityError } from '../../../server/runtime/errors.ts';
import type { StartHooks, WorkerReport } from '../../../server/runtime/worker/client.ts';
import type { Worker } from '../../../server/service/model-host.ts';
import { INFO, ScriptedModel } from '../judge/scripted-model.ts';

export class FakeWorker extends ScriptedModel implements Worker {
  report: WorkerReport | undefined;
  isGone = false;
  readonly ended: Promise<VerityError>;
  death: VerityError | undefined;
  private end!: (reason: VerityError) => void;
  private readonly hooks: StartHooks;

  /** @param written What it writes whenever it is asked. */
  constructor(id: string, hooks: StartHooks = {}, written = '') {
    super(() => [written], { ...INFO, id });
    this.hooks = hooks;
    this.ended = new Promise((resolve) => (this.end = resolve));
    void this.ended.then(() => (this.isGone = true));
  }

  /** Says how much memory it takes. */
  measure(residentBytes: number): void {
    this.report = { residentBytes };
    this.hooks.onReport?.(this.report);
  }

  die(): VerityError {
    const reason = this.fail("The model's process ended (signal SIGKILL).");
    this.end(reason);
    return reason;
  }

  /** Lives on, but is of no use. */
  fail(message: string): VerityError {
    return (this.death ??= new VerityError('workerDied', message));
  }

  override async dispose(): Promise<void> {
    this.die();
    await this.ended;
  }
}
