/** Owns one model's worker process: starts it on first need, replaces it when it dies, gives up after a few deaths. */
import type { ModelStatus } from '../protocol/requests.ts';
import type { DevicePreference } from '../runtime/devices/device.ts';
import { VerityError } from '../runtime/errors.ts';
import type { DtypeChoice } from '../runtime/quantize/options.ts';
import { WorkerModel } from '../runtime/worker/client.ts';

/** A worker that keeps dying is not restarted for ever. */
const MAX_DEATHS = 3;
const DEATH_WINDOW_MS = 5 * 60_000;

export interface ModelHostOptions {
  workerFile: string;
  directory: string;
  id: string;
  threads?: number;
  maxContext?: number;
  dtype?: DtypeChoice;
  device?: DevicePreference;
  /** Test devices anew at the first start instead of trusting what is remembered. */
  freshProbe?: boolean;
  onChange?: () => void;
}

export class ModelHost {
  private readonly options: ModelHostOptions;
  private model: WorkerModel | undefined;
  private starting: Promise<WorkerModel> | undefined;
  private state: ModelStatus['state'] = 'unloaded';
  private error: string | undefined;
  /** How far a quantization has come, in percent; undefined when there is none. */
  private quantized: number | undefined;
  private deaths: number[] = [];
  private restarts = 0;
  private readonly lifetime = new AbortController();

  constructor(options: ModelHostOptions) {
    this.options = options;
  }

  /**
   * Runs a task with the model, loading it first where needed.
   * @throws what loading and the task throw; the signal's reason at once if it aborts while the model loads.
   */
  async use<Result>(task: (model: WorkerModel) => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const model = await unlessAborted(this.ready(), signal);
    this.become('busy');
    try {
      return await task(model);
    } catch (error) {
      if (!isDeath(error)) throw error;
      // Our own error may have overtaken the news of the worker's death, which decides what comes next.
      await model.ended;
      throw this.explainDeath(error);
    } finally {
      if (this.model === model) this.become('ready');
    }
  }

  private async ready(): Promise<WorkerModel> {
    if (this.model !== undefined) return this.model;
    this.starting ??= this.start().finally(() => (this.starting = undefined));
    return this.starting;
  }

  private async start(): Promise<WorkerModel> {
    this.refuseAfterDeaths();
    this.become('loading');
    const { workerFile, directory, id, threads, maxContext, dtype, device } = this.options;
    const options = {
      id,
      ...(threads && { threads }),
      ...(maxContext && { maxContext }),
      ...(dtype && { dtype }),
      ...(device && { device }),
      ...(this.options.freshProbe && this.restarts === 0 && { freshProbe: true }),
    };
    try {
      const model = await WorkerModel.start(workerFile, directory, options, {
        signal: this.lifetime.signal,
        onProgress: (done, total) => this.progressed(Math.floor((100 * done) / total)),
      });
      this.model = model;
      void model.ended.then(() => this.died(model));
      this.become('ready');
      return model;
    } catch (error) {
      if (isDeath(error)) {
        this.countDeath();
        throw this.explainDeath(error);
      }
      this.become('failed', error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  private refuseAfterDeaths(): void {
    this.deaths = this.deaths.filter((at) => performance.now() - at < DEATH_WINDOW_MS);
    if (this.deaths.length < MAX_DEATHS) return;
    const message =
      `The model's process died ${this.deaths.length} times within five minutes, so it is not started again for now. ` +
      'Choose a smaller model or close programs that use much memory, then run "Verity: Restart Server".';
    this.become('failed', message);
    throw new VerityError('workerDied', message);
  }

  private died(model: WorkerModel): void {
    if (this.model !== model) return;
    this.model = undefined;
    if (!this.lifetime.signal.aborted) this.countDeath();
  }

  private countDeath(): void {
    this.deaths.push(performance.now());
    this.restarts++;
    this.become('unloaded');
  }

  private explainDeath(error: VerityError): VerityError {
    const next =
      this.deaths.length < MAX_DEATHS
        ? 'It is started again with the next request; please ask again.'
        : 'It has died too often to be started again for now.';
    return new VerityError('workerDied', `${error.message} ${next}`, { cause: error });
  }

  private progressed(percent: number): void {
    if (percent === this.quantized) return;
    this.quantized = percent;
    this.options.onChange?.();
  }

  private become(state: ModelStatus['state'], error?: string): void {
    if (this.lifetime.signal.aborted) return;
    this.state = state;
    this.error = error;
    this.quantized = undefined;
    this.options.onChange?.();
  }

  get status(): ModelStatus {
    const info = this.model?.info;
    return {
      id: this.options.id,
      state: this.state,
      device: info?.device ?? this.options.device ?? 'cpu',
      ...(info?.deviceReason !== undefined && { deviceReason: info.deviceReason }),
      dtype: info?.dtype ?? this.options.dtype ?? 'auto',
      restarts: this.restarts,
      ...(info && {
        architecture: info.architecture,
        parameters: info.parameters,
        contextLength: info.contextLength,
      }),
      ...(this.model && this.model.residentBytes > 0 && { memoryBytes: this.model.residentBytes }),
      ...(this.model?.cache && { cache: this.model.cache }),
      ...(this.quantized !== undefined && { quantizedPercent: this.quantized }),
      ...(this.error !== undefined && { error: this.error }),
    };
  }

  /** Ends the worker process, also while it loads; its memory is free when this resolves. */
  async dispose(): Promise<void> {
    this.lifetime.abort();
    await this.starting?.catch(() => undefined);
    await this.model?.dispose();
    this.model = undefined;
  }
}

const isDeath = (error: unknown): error is VerityError =>
  error instanceof VerityError && error.kind === 'workerDied';

/** The promise, or the signal's reason if that comes first; what was begun goes on for those who come later. */
function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
