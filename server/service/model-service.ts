/** What all jobs share behind LSP server and CLI alike: the loaded models, and the users' requests of them. */
import type { Outcome, Status } from '../protocol/requests.ts';
import type { DevicePreference } from '../runtime/devices/device.ts';
import type { LanguageModel } from '../runtime/language-model.ts';
import type { DtypeChoice } from '../runtime/quantize/options.ts';
import { WorkerModel } from '../runtime/worker/client.ts';
import { defaultMemoryLimit } from './memory.ts';
import { ModelPool, type PooledModel } from './model-pool.ts';
import { type Request, type RequestOptions, Requests } from './requests.ts';

export interface ModelServiceOptions {
  version: string;
  workerFile: string;
  /** Those that the status lists before they are loaded, the judge first. */
  models: readonly PooledModel[];
  threads?: number;
  dtype?: DtypeChoice;
  device?: DevicePreference;
  freshProbe?: boolean;
  /** Bytes that all models together may take; half of the machine's memory if left out. */
  memoryLimit?: number | undefined;
  /** Unloads a model that nobody has used for so long; undefined keeps it. */
  unloadAfterMs?: number | undefined;
  onStatus?: (status: Status) => void;
  onOutcome?: (outcome: Outcome) => void;
}

export class ModelService {
  private readonly options: ModelServiceOptions;
  private readonly pool: ModelPool;
  private readonly requests: Requests;

  constructor(options: ModelServiceOptions) {
    this.options = options;
    const { workerFile, threads, dtype, device, freshProbe, onOutcome } = options;
    const onChange = () => options.onStatus?.(this.status);
    this.requests = new Requests(onChange, onOutcome);
    this.pool = new ModelPool({
      start: (directory, more, hooks) => WorkerModel.start(workerFile, directory, more, hooks),
      memoryLimit: options.memoryLimit ?? defaultMemoryLimit(),
      idleMs: options.unloadAfterMs,
      run: {
        ...(threads && { threads }),
        ...(dtype && { dtype }),
        ...(device && { device }),
        ...(freshProbe && { freshProbe }),
      },
      onChange,
    });
  }

  /** Runs a task as one request with a named outcome. @throws what the task throws. */
  run<Result>(options: RequestOptions, task: (request: Request) => Promise<Result>): Promise<Result> {
    return this.requests.run(options, task);
  }

  /** Lends a request a model, loaded first where needed. @throws VerityError as ModelPool.use. */
  use<Result>(
    model: PooledModel,
    request: Request,
    task: (model: LanguageModel) => Promise<Result>,
  ): Promise<Result> {
    return this.pool.use(model, request, task);
  }

  get status(): Status {
    const { running, waiting, outcomes } = this.requests;
    const [first, ...others] = this.pool.status(this.options.models);
    return {
      version: this.options.version,
      pid: process.pid,
      models: [first!, ...others],
      memory: this.pool.memory,
      queue: { running, waiting },
      outcomes,
    };
  }

  dispose(): Promise<void> {
    return this.pool.dispose();
  }
}
