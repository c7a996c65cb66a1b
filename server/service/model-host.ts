/**
 * Owns one model's worker process: starts it on first need, replaces it when it dies, gives up after a few deaths,
 * ends it when nobody has asked for it for a while.
 */
import type { ModelStatus } from '../protocol/requests.ts';
import { unlessAborted } from '../runtime/abort.ts';
import { VerityError } from '../runtime/errors.ts';
import type { LanguageModel } from '../runtime/language-model.ts';
import type { StartHooks, WorkerReport } from '../runtime/worker/client.ts';
import type { WorkerOptions } from '../runtime/worker/messages.ts';
import { RequestModel } from './request-model.ts';
import type { Request } from './requests.ts';

/** A worker that keeps dying is not restarted for ever. */
const MAX_DEATHS = 3;
const DEATH_WINDOW_MS = 5 * 60_000;

/** A model in a process of its own, as WorkerModel is. */
export interface Worker extends LanguageModel {
  readonly report: WorkerReport | undefined;
  /** What it rejects everything with once it is of no use. */
  readonly death: VerityError | undefined;
  /** Resolves when the process has ended. */
  readonly ended: Promise<VerityError>;
}

export interface ModelHostOptions {
  id: string;
  start: (hooks: StartHooks, options: Pick<WorkerOptions, 'freshProbe'>) => Promise<Worker>;
  /** What status shows before the model is loaded. */
  asked: { device: string; dtype: string };
  /** Ends the process after so long without a request; undefined keeps it. */
  idleMs?: number | undefined;
  /** Test devices anew at the first start instead of trusting what is remembered. */
  freshProbe?: boolean;
  /** Finds memory for the model and reserves it with `reserve`. @throws VerityError if there is none. */
  makeRoom: () => Promise<void>;
  onChange: () => void;
  onReport: () => void;
}

export class ModelHost {
  private readonly options: ModelHostOptions;
  private worker: Worker | undefined;
  private starting: Promise<Worker> | undefined;
  /** Settled when the process that was unloaded last is gone. */
  private ending: Promise<void> = Promise.resolve();
  /** Bytes that a process takes as far as is known: from before it starts until it is gone. */
  private bytes = 0;
  /** What the latest process took in the end. */
  private measured: number | undefined;
  /** Requests in flight, those that wait for the model included. */
  private users = 0;
  private usedAt: Date | undefined;
  private idleTimer: NodeJS.Timeout | undefined;
  private error: string | undefined;
  /** How far a quantization has come, in percent; undefined when there is none. */
  private quantized: number | undefined;
  private recentDeaths: number[] = [];
  private deaths = 0;
  private isFirstStart = true;
  private readonly lifetime = new AbortController();

  constructor(options: ModelHostOptions) {
    this.options = options;
  }

  /**
   * Runs a request's task with the model, loading it first where needed. One whose work had not begun when the process
   * died goes to the next process.
   * @throws what loading and the task throw; the signal's reason at once if it aborts while the model loads.
   */
  async use<Result>(request: Request, task: (model: LanguageModel) => Promise<Result>): Promise<Result> {
    this.users++;
    this.touch();
    try {
      for (;;) {
        const worker = await unlessAborted(this.ready(), request.signal);
        try {
          return await task(new RequestModel(worker, request));
        } catch (error) {
          // A task may use several models: another's death is its own host's affair.
          const { death } = worker;
          if (death === undefined || error !== death) throw error;
          // Our own error may have overtaken the news of the process's death, or it lives on and is of no use.
          await worker.dispose();
          if (request.hasBegun || request.signal?.aborted) throw this.explainDeath(death);
        }
      }
    } finally {
      this.users--;
      this.touch();
    }
  }

  /** A request has come or gone. */
  private touch(): void {
    this.usedAt = new Date();
    this.watchIdleness();
    this.changed();
  }

  private watchIdleness(): void {
    clearTimeout(this.idleTimer);
    const { idleMs } = this.options;
    if (idleMs === undefined || !this.isIdle) return;
    this.idleTimer = setTimeout(() => void this.unload(), idleMs);
    this.idleTimer.unref();
  }

  /** It takes memory, and nobody needs it at the moment. */
  get isIdle(): boolean {
    return this.bytes > 0 && this.starting === undefined && this.users === 0;
  }

  reserve(bytes: number): void {
    this.bytes = bytes;
  }

  /** Milliseconds since 1970; the host whose last request is longest ago goes first. */
  get lastUse(): number {
    return this.usedAt?.getTime() ?? 0;
  }

  /** Bytes it takes now: as measured where the process has reported, as estimated before. */
  get heldBytes(): number {
    return this.bytes;
  }

  /** Bytes it took when it was last loaded. */
  get measuredBytes(): number | undefined {
    return this.measured;
  }

  /** Ends the process of an idle model; its memory is free when this resolves. */
  async unload(): Promise<void> {
    const { worker } = this;
    if (worker !== undefined && this.isIdle) {
      this.worker = undefined;
      clearTimeout(this.idleTimer);
      this.ending = worker.dispose().then(() => this.forgetMemory());
    }
    await this.ending;
  }

  private forgetMemory(): void {
    this.bytes = 0;
    this.changed();
  }

  private ready(): Promise<Worker> {
    if (this.worker !== undefined) return Promise.resolve(this.worker);
    if (this.starting !== undefined) return this.starting;
    this.starting = this.start().finally(() => {
      this.starting = undefined;
      this.quantized = undefined;
      this.watchIdleness();
      this.changed();
    });
    this.changed();
    return this.starting;
  }

  private async start(): Promise<Worker> {
    this.error = undefined;
    try {
      this.refuseAfterDeaths();
      await this.ending;
      await this.options.makeRoom();
      return await this.startWorker();
    } catch (error) {
      this.bytes = 0;
      if (!isPassing(error)) this.error = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }

  private async startWorker(): Promise<Worker> {
    const freshProbe = this.isFirstStart && this.options.freshProbe === true;
    this.isFirstStart = false;
    const onProgress = (done: number, total: number) => this.progressed(Math.floor((100 * done) / total));
    const { signal } = this.lifetime;
    let worker: Worker | undefined;
    const onReport = () => {
      if (worker !== undefined) this.measure(worker);
    };
    try {
      worker = await this.options.start({ signal, onProgress, onReport }, freshProbe ? { freshProbe } : {});
    } catch (error) {
      if (!isDeath(error)) throw error;
      this.countDeath();
      throw this.explainDeath(error);
    }
    const started = worker;
    this.worker = started;
    this.measure(started);
    void started.ended.then(() => this.died(started));
    return started;
  }

  private measure(worker: Worker): void {
    if (this.worker !== worker || worker.report === undefined) return;
    this.bytes = this.measured = worker.report.residentBytes;
    this.options.onReport();
  }

  private refuseAfterDeaths(): void {
    this.recentDeaths = this.recentDeaths.filter((at) => performance.now() - at < DEATH_WINDOW_MS);
    if (this.recentDeaths.length < MAX_DEATHS) return;
    this.error =
      `The model's process died ${this.recentDeaths.length} times within five minutes, so it is not started again for now. ` +
      'Choose a smaller model or close programs that use much memory, then run "Verity: Restart Server".';
    throw new VerityError('workerDied', this.error);
  }

  private died(worker: Worker): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    if (!this.lifetime.signal.aborted) this.countDeath();
    this.forgetMemory();
  }

  private countDeath(): void {
    this.recentDeaths.push(performance.now());
    this.deaths++;
  }

  private explainDeath(error: VerityError): VerityError {
    const next =
      this.recentDeaths.length < MAX_DEATHS
        ? 'It is started again with the next request; please ask again.'
        : 'It has died too often to be started again for now.';
    return new VerityError('workerDied', `${error.message} ${next}`, { cause: error });
  }

  private progressed(percent: number): void {
    if (percent === this.quantized) return;
    this.quantized = percent;
    this.changed();
  }

  private changed(): void {
    if (!this.lifetime.signal.aborted) this.options.onChange();
  }

  private get state(): ModelStatus['state'] {
    if (this.starting !== undefined) return 'loading';
    if (this.worker !== undefined) return this.users > 0 ? 'busy' : 'ready';
    return this.error === undefined ? 'unloaded' : 'failed';
  }

  get status(): ModelStatus {
    const { id, asked } = this.options;
    const { worker, deaths } = this;
    const info = worker?.info;
    return {
      id,
      state: this.state,
      device: info?.device ?? asked.device,
      ...(info?.deviceReason !== undefined && { deviceReason: info.deviceReason }),
      dtype: info?.dtype ?? asked.dtype,
      ...(info && {
        architecture: info.architecture,
        parameters: info.parameters,
        contextLength: info.contextLength,
      }),
      ...(worker?.report && { memoryBytes: worker.report.residentBytes, ...worker.report.loaded }),
      ...(this.usedAt && { lastUse: this.usedAt.toISOString() }),
      ...(this.quantized !== undefined && { quantizedPercent: this.quantized }),
      deaths,
      ...(this.error !== undefined && { error: this.error }),
    };
  }

  /** Ends the worker process, also while it loads; its memory is free when this resolves. */
  async dispose(): Promise<void> {
    this.lifetime.abort();
    clearTimeout(this.idleTimer);
    await this.starting?.catch(() => undefined);
    await this.ending;
    await this.worker?.dispose();
    this.worker = undefined;
  }
}

const isDeath = (error: unknown): error is VerityError =>
  error instanceof VerityError && error.kind === 'workerDied';

/** The next request may fare better: a process that died is started again, memory in use is given back. */
const isPassing = (error: unknown): boolean =>
  error instanceof VerityError && (error.kind === 'workerDied' || error.kind === 'busy');
