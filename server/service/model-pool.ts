/**
 * The models under one memory limit: each is loaded on first need, and the least recently used ones that nobody uses
 * make room for it. Requests of one model run at once; its engine's scheduler is the only queue.
 */
import type { ModelStatus, Status } from '../protocol/requests.ts';
import { VerityError } from '../runtime/errors.ts';
import { gigabytes } from '../runtime/sizes.ts';
import type { LanguageModel } from '../runtime/language-model.ts';
import type { StartHooks } from '../runtime/worker/client.ts';
import type { WorkerOptions } from '../runtime/worker/messages.ts';
import { estimateMemory } from './memory.ts';
import { ModelHost, type Worker } from './model-host.ts';
import type { Request } from './requests.ts';

/** A checkpoint, and what it is called. */
export interface PooledModel {
  id: string;
  directory: string;
  maxContext?: number;
}

export interface ModelPoolOptions {
  start: (directory: string, options: WorkerOptions, hooks: StartHooks) => Promise<Worker>;
  /** Bytes that all models together may take. */
  memoryLimit: number;
  /** Unloads a model after so long without a request; undefined keeps it. */
  idleMs?: number | undefined;
  /** How all models are run. */
  run: Pick<WorkerOptions, 'dtype' | 'device' | 'threads' | 'freshProbe'>;
  /** Bytes that a model will take, from its files. */
  estimate?: typeof estimateMemory;
  onChange: () => void;
}

export class ModelPool {
  private readonly options: ModelPoolOptions;
  /** By the checkpoint's directory. */
  private readonly hosts = new Map<string, ModelHost>();
  /** One model at a time makes room, so that no two count on the same. */
  private makingRoom: Promise<unknown> = Promise.resolve();
  private isRelieving = false;

  constructor(options: ModelPoolOptions) {
    this.options = options;
  }

  /**
   * Runs a request's task with a model, loading it first where needed.
   * @throws VerityError busy if models in use leave no memory for it, badModel if it can never fit; else as ModelHost.
   */
  use<Result>(
    model: PooledModel,
    request: Request,
    task: (model: LanguageModel) => Promise<Result>,
  ): Promise<Result> {
    return this.host(model).use(request, task);
  }

  /** Of the models asked for so far, and before that of those named here. */
  status(named: readonly PooledModel[]): ModelStatus[] {
    for (const model of named) this.host(model);
    return [...this.hosts.values()].map(({ status }) => status);
  }

  get memory(): Status['memory'] {
    return { heldBytes: this.heldBytes, limitBytes: this.options.memoryLimit };
  }

  private get heldBytes(): number {
    return sum([...this.hosts.values()].map(({ heldBytes }) => heldBytes));
  }

  private host(model: PooledModel): ModelHost {
    const known = this.hosts.get(model.directory);
    if (known !== undefined) return known;
    const host = this.newHost(model);
    this.hosts.set(model.directory, host);
    return host;
  }

  private newHost(model: PooledModel): ModelHost {
    const { start, run, idleMs, onChange } = this.options;
    const { id, directory, maxContext } = model;
    const { freshProbe, ...settings } = run;
    const options = { id, ...settings, ...(maxContext !== undefined && { maxContext }) };
    const host: ModelHost = new ModelHost({
      id,
      asked: { device: run.device ?? 'cpu', dtype: run.dtype ?? 'auto' },
      idleMs,
      ...(freshProbe !== undefined && { freshProbe }),
      start: (hooks, more) => start(directory, { ...options, ...more }, hooks),
      makeRoom: () => this.makeRoom(host, model),
      onChange,
      onReport: () => void this.relieve(),
    });
    return host;
  }

  private makeRoom(host: ModelHost, model: PooledModel): Promise<void> {
    const made = this.makingRoom.then(async () => {
      const { estimate = estimateMemory, run } = this.options;
      const bytes = host.measuredBytes ?? (await estimate(model.directory, run.dtype ?? 'auto'));
      await this.free(bytes, model.id);
      host.reserve(bytes);
    });
    this.makingRoom = made.catch(() => undefined);
    return made;
  }

  /** Unloads idle models until there are so many bytes, or none if that would not be enough. */
  private async free(bytes: number, id: string): Promise<void> {
    const { memoryLimit } = this.options;
    const advice = 'choose a smaller model or dtype, or raise the setting verity.memory.limit';
    if (bytes > memoryLimit)
      throw new VerityError(
        'badModel',
        `${id} needs about ${gigabytes(bytes)} of memory, but Verity may use ${gigabytes(memoryLimit)}: ${advice}.`,
      );
    while (this.heldBytes + bytes > memoryLimit) {
      const inUse = this.heldBytes - sum(this.idleHosts.map(({ heldBytes }) => heldBytes));
      if (inUse + bytes > memoryLimit)
        throw new VerityError(
          'busy',
          `${id} needs about ${gigabytes(bytes)} of memory, but models that are in use hold ${gigabytes(inUse)} of ` +
            `the ${gigabytes(memoryLimit)} that Verity may use. Try again when they are done, ${advice}.`,
        );
      await this.idleHosts[0]?.unload();
    }
  }

  /** A model has grown: others that nobody uses go until the limit is kept; the one used last stays in any case. */
  private async relieve(): Promise<void> {
    if (this.isRelieving) return;
    this.isRelieving = true;
    while (this.heldBytes > this.options.memoryLimit && this.loadedHosts.length > 1) {
      const [oldest] = this.idleHosts;
      if (oldest === undefined || oldest === this.loadedHosts.at(-1)) break;
      await oldest.unload();
    }
    this.isRelieving = false;
  }

  /** Least recently used first. */
  private get idleHosts(): ModelHost[] {
    return this.loadedHosts.filter(({ isIdle }) => isIdle);
  }

  private get loadedHosts(): ModelHost[] {
    const loaded = [...this.hosts.values()].filter(({ heldBytes }) => heldBytes > 0);
    return loaded.sort((a, b) => a.lastUse - b.lastUse);
  }

  /** Ends all worker processes; their memory is free when this resolves. */
  async dispose(): Promise<void> {
    await Promise.all([...this.hosts.values()].map((host) => host.dispose()));
  }
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
