/** The owner's side of a model's worker process: a LanguageModel whose work happens elsewhere. */
import { type ChildProcess, fork } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import type { z } from 'zod';
import { openVocabulary } from '../checkpoint.ts';
import { childEnvironment } from '../child-environment.ts';
import type { RequestCounts } from '../engine/admission.ts';
import type { CacheStats } from '../engine/engine.ts';
import { VerityError } from '../errors.ts';
import type {
  Evaluation,
  GenerateHooks,
  GenerateRequest,
  Generation,
  LanguageModel,
  ModelInfo,
  Prompt,
} from '../language-model.ts';
import type { QuantizeHooks } from '../quantize/write.ts';
import type { TokenModel } from '../token-model.ts';
import {
  type BatchToWorker,
  EvaluationMessage,
  FromWorker,
  GenerationMessage,
  ModelInfoMessage,
  type ToWorker,
  type WorkerOptions,
  type WorkerRequest,
} from './messages.ts';
import { type WithoutId, type WorkerChannel, WorkerTokenModel } from './token-model.ts';

type Request = WithoutId<WorkerRequest>;

export interface StartHooks extends QuantizeHooks {
  /** Hears what the worker says of itself, also while it loads. */
  onReport?: (report: WorkerReport) => void;
}

/** What a worker last said of itself. */
export interface WorkerReport {
  /** Resident memory of the process, bytes. */
  residentBytes: number;
  /** Once the model is loaded. */
  loaded?: { cache: CacheStats; requests: RequestCounts } | undefined;
}

interface Hooks {
  onText?: ((delta: string) => void) | undefined;
  onBegin?: (() => void) | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

interface Pending extends Hooks {
  resolve: (value: unknown) => void;
  reject: (reason: unknown) => void;
}

export class WorkerModel implements LanguageModel {
  private readonly child: ChildProcess;
  private readonly pending = new Map<number, Pending>();
  private nextId = 0;
  private nextBranch = 0;
  /** Said in this turn of the event loop, and not sent yet. */
  private said: BatchToWorker = [];
  private tokenModel: Promise<TokenModel> | undefined;
  private deadBy: VerityError | undefined;
  private loadedInfo: ModelInfo | undefined;
  private readonly onReport: (report: WorkerReport) => void;
  /** Undefined until the process has said something. */
  report: WorkerReport | undefined;
  /** Resolves when the process has ended, with the reason. */
  readonly ended: Promise<VerityError>;

  private constructor(workerFile: string, onReport: (report: WorkerReport) => void) {
    this.onReport = onReport;
    // Under VS Code, execPath is its Electron, told by the inherited environment to run as Node.
    this.child = fork(workerFile, {
      serialization: 'advanced',
      execArgv: [],
      env: childEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let lastWords = '';
    this.child.stderr?.on('data', (data: Buffer) => (lastWords = (lastWords + data.toString()).slice(-4000)));
    this.child.on('message', (raw) => this.receive(FromWorker.parse(raw)));
    this.ended = new Promise((resolve) => {
      const end = (how: string) => {
        const words = lastMessage(lastWords);
        this.deadBy ??= new VerityError(
          'workerDied',
          `The model's process ended (${how})${words && `: ${words}`}.`,
        );
        for (const request of this.pending.values()) request.reject(this.deadBy);
        this.pending.clear();
        resolve(this.deadBy);
      };
      this.child.on('exit', (code, signal) =>
        end(signal === null ? `exit code ${code}` : `signal ${signal}`),
      );
      this.child.on('error', (error) => end(error.message));
    });
  }

  /**
   * Starts a worker and loads the checkpoint in it.
   * @param workerFile The bundled worker (dist/worker.mjs).
   * @param hooks onProgress hears how far a first quantization has come.
   * @throws VerityError badModel or workerDied, or the signal's reason; the process is gone then.
   */
  static async start(
    workerFile: string,
    directory: string,
    options: WorkerOptions,
    hooks: StartHooks = {},
  ): Promise<WorkerModel> {
    const { signal, onProgress, onReport = () => undefined } = hooks;
    signal?.throwIfAborted();
    const model = new WorkerModel(workerFile, onReport);
    const kill = () => void model.child.kill('SIGKILL');
    signal?.addEventListener('abort', kill, { once: true });
    try {
      model.loadedInfo = await model.ask({ kind: 'load', directory, options }, ModelInfoMessage, {
        onProgress,
      });
      return model;
    } catch (error) {
      await model.dispose();
      throw signal?.aborted ? signal.reason : error;
    } finally {
      signal?.removeEventListener('abort', kill);
    }
  }

  get info(): ModelInfo {
    if (this.loadedInfo === undefined) throw new Error('The model is not loaded yet.');
    return this.loadedInfo;
  }

  /** Why it is of no use any more: the process has ended, or lives on without the memory it needs. */
  get death(): VerityError | undefined {
    return this.deadBy;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  countTokens(prompt: Prompt, signal?: AbortSignal): Promise<number> {
    return this.call({ kind: 'countTokens', prompt }, { signal }) as Promise<number>;
  }

  generate(request: GenerateRequest, hooks: GenerateHooks = {}): Promise<Generation> {
    return this.ask({ kind: 'generate', request }, GenerationMessage, hooks);
  }

  evaluate(tokens: number[], signal?: AbortSignal): Promise<Evaluation> {
    return this.ask({ kind: 'evaluate', tokens }, EvaluationMessage, { signal });
  }

  tokens(): Promise<TokenModel> {
    const channel: WorkerChannel = {
      ask: (request, schema, hooks) => this.ask(request, schema, hooks),
      post: (message) => this.post(message),
      newBranch: () => this.nextBranch++,
    };
    this.tokenModel ??= openVocabulary(this.info.directory).then(
      (vocabulary) => new WorkerTokenModel(channel, vocabulary, this.info),
    );
    return this.tokenModel;
  }

  async dispose(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.ended;
  }

  private async ask<Schema extends z.ZodType>(
    request: Request,
    schema: Schema,
    hooks: Hooks = {},
  ): Promise<z.output<Schema>> {
    return schema.parse(await this.call(request, hooks));
  }

  private call(request: Request, hooks: Hooks = {}): Promise<unknown> {
    const { signal } = hooks;
    if (this.deadBy !== undefined) return Promise.reject(this.deadBy);
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    const id = this.nextId++;
    const cancel = () => this.post({ kind: 'cancel', id });
    // A search asks for many things at once under one signal.
    if (signal !== undefined) setMaxListeners(0, signal);
    signal?.addEventListener('abort', cancel, { once: true });
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject, ...hooks });
      this.post({ ...request, id });
    }).finally(() => signal?.removeEventListener('abort', cancel));
  }

  private post(message: ToWorker): void {
    this.said.push(message);
    if (this.said.length === 1) setImmediate(() => this.send());
  }

  private send(): void {
    const batch = this.said;
    this.said = [];
    // A closed channel shows as the process's exit, which rejects what is pending.
    if (this.child.connected) this.child.send(batch, () => undefined);
  }

  private receive(message: FromWorker): void {
    if (message.kind === 'report') {
      this.report = message;
      this.onReport(message);
      return;
    }
    const request = this.pending.get(message.id);
    if (request === undefined) return;
    if (message.kind === 'begun') {
      request.onBegin?.();
      return;
    }
    if (message.kind === 'text') {
      request.onText?.(message.delta);
      return;
    }
    if (message.kind === 'progress') {
      request.onProgress?.(message.done, message.total);
      return;
    }
    this.pending.delete(message.id);
    if (message.kind === 'result') request.resolve(message.value);
    else if (message.error === 'aborted') request.reject(request.signal?.reason);
    else if (message.error === 'workerDied')
      request.reject((this.deadBy ??= new VerityError('workerDied', message.message)));
    else if (message.error === 'internal') request.reject(new Error(message.message));
    else request.reject(new VerityError(message.error, message.message));
  }
}

/** The last line a dying process wrote that says something: no stack frame, no version. */
function lastMessage(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  return lines.findLast((line) => line !== '' && !/^(at |Node\.js v|\^|[{}])/.test(line)) ?? '';
}
