/** A checkpoint directory as a LanguageModel in this process. Products load it in a worker (worker/). */
import { basename, resolve } from 'node:path';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import type { ChosenDevice, Device } from './devices/device.ts';
import { VerityError } from './errors.ts';
import type { RequestCounts } from './engine/admission.ts';
import { type CacheStats, Engine } from './engine/engine.ts';
import { generate } from './generate.ts';
import type {
  Evaluation,
  GenerateHooks,
  GenerateRequest,
  Generation,
  LanguageModel,
  ModelInfo,
  Prompt,
} from './language-model.ts';
import { openQuantized } from './quantize/cache.ts';
import { type Dtype, type DtypeChoice, QUANTIZATIONS, resolveDtype } from './quantize/options.ts';
import type { QuantizeHooks } from './quantize/write.ts';
import { openRealignment } from './realign/cache.ts';
import { DecoderSession } from './session.ts';
import type { GraphWeights } from './stored.ts';
import { EngineTokenModel, type TokenModel } from './token-model.ts';

export interface LoadOptions {
  /** What status and results call the model; the directory's name if left out. */
  id?: string;
  /** Threads inside one operator; all cores if left out. */
  threads?: number;
  /** Positions to prepare for at most; a checkpoint's own limit may be lower. */
  maxContext?: number;
  /** The most bytes of K/V cache; one context's worth is always allowed. */
  cacheBytes?: number;
  /** How the weights are held; `auto` if left out. */
  dtype?: DtypeChoice;
  /** Where quantized weights are kept; the system's cache folder if left out. */
  cacheDir?: string;
  /** Where realignment matrices are kept; the system's cache folder if left out. */
  realignmentDir?: string;
  /** Where it runs (devices/select.ts); the CPU if left out. */
  device?: ChosenDevice;
}

/** A model in this process, with figures of its cache and its requests. */
export interface LoadedModel extends LanguageModel {
  readonly cache: CacheStats;
  readonly requests: RequestCounts;
}

/** RoPE tables and K/V for longer contexts than this would cost more memory than a laptop wants to give. */
const DEFAULT_MAX_CONTEXT = 32_768;

/**
 * Loads a Hugging Face checkpoint directory on a device, quantizing it first where the dtype asks for it and the cache
 * has no copy yet.
 * @throws VerityError badModel with one line that says what is wrong and what to do.
 */
export async function loadLanguageModel(
  directory: string,
  options: LoadOptions = {},
  hooks: QuantizeHooks = {},
): Promise<LoadedModel> {
  const checkpoint = await openCheckpoint(resolve(directory));
  const contextLength = Math.min(checkpoint.spec.contextLength, options.maxContext ?? DEFAULT_MAX_CONTEXT);
  const dtype = resolveDtype(options.dtype ?? 'auto', checkpoint.weights.byteLength);
  const weights: GraphWeights & { byteLength: number } =
    dtype === 'fp32'
      ? checkpoint.weights
      : await openQuantized(checkpoint, QUANTIZATIONS[dtype], options.cacheDir, hooks);
  const { device, rowLimit = Infinity, reason: deviceReason } = options.device ?? CPU;
  const session = await DecoderSession.create({ ...checkpoint.spec, contextLength }, weights, {
    device,
    ...(options.threads !== undefined && { threads: options.threads }),
  });
  const engine = new Engine(session, {
    // RotaryEmbedding refuses a forward of more rows than its tables have positions, whatever those rows' positions.
    chunk: Math.min(rowLimit, contextLength, chunkFor(checkpoint.weights.parameters)),
    ...(options.cacheBytes === undefined ? {} : { cacheBytes: options.cacheBytes }),
  });
  const id = options.id ?? basename(checkpoint.directory);
  const { byteLength: weightBytes } = weights;
  const size = { ...session.spec, bytesPerPosition: session.bytesPerPosition };
  const tokens = new EngineTokenModel(engine, checkpoint, size, () =>
    openRealignment(checkpoint, options.realignmentDir),
  );
  const loaded = { id, device, deviceReason, dtype, weightBytes };
  return new LocalModel(checkpoint, session, engine, tokens, loaded);
}

const CPU: ChosenDevice = { device: 'cpu', reason: 'No other device was asked for.' };

/**
 * Positions per forward, so that none takes much more than a quarter of a second on two cores (some 2^35 multiply-adds)
 * and whoever is more urgent need not wait longer; fewer than 32 would waste the reading of the weights.
 */
export const chunkFor = (parameters: number): number =>
  Math.max(32, Math.min(256, Math.floor(2 ** 35 / parameters)));

class LocalModel implements LoadedModel {
  readonly info: ModelInfo;
  private readonly checkpoint: Checkpoint;
  private readonly session: DecoderSession;
  private readonly engine: Engine;
  private readonly tokenModel: TokenModel;
  /** Settled when no prompt is being tokenized to be counted. */
  private counting: Promise<unknown> = Promise.resolve();

  constructor(
    checkpoint: Checkpoint,
    session: DecoderSession,
    engine: Engine,
    tokens: TokenModel,
    loaded: { id: string; device: Device; deviceReason: string; dtype: Dtype; weightBytes: number },
  ) {
    const { architecture, vocabSize, hiddenSize, contextLength } = session.spec;
    this.checkpoint = checkpoint;
    this.session = session;
    this.engine = engine;
    this.tokenModel = tokens;
    this.info = {
      ...loaded,
      directory: checkpoint.directory,
      architecture,
      parameters: checkpoint.weights.parameters,
      vocabSize,
      hiddenSize,
      contextLength,
      bytesPerPosition: session.bytesPerPosition,
    };
  }

  get cache(): CacheStats {
    return this.engine.stats;
  }

  get requests(): RequestCounts {
    return this.engine.requests;
  }

  tokens(): Promise<TokenModel> {
    return Promise.resolve(this.tokenModel);
  }

  /** One after the other, and messages in between: tokenizing cannot be interrupted, but who waits can be cancelled. */
  countTokens(prompt: Prompt, signal?: AbortSignal): Promise<number> {
    const counted = this.counting.then(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      return this.checkpoint.tokenizer.encode(prompt).length;
    });
    this.counting = counted.catch(() => undefined);
    return counted;
  }

  async generate(request: GenerateRequest, hooks?: GenerateHooks): Promise<Generation> {
    const { tokenizer, endTokens } = this.checkpoint;
    const context = { engine: this.engine, tokenizer, endTokens, contextLength: this.info.contextLength };
    const prompt = tokenizer.encode(request.prompt);
    return generate(context, prompt, request, hooks);
  }

  async evaluate(tokens: number[], signal?: AbortSignal): Promise<Evaluation> {
    const { vocabSize, contextLength } = this.info;
    const bad = tokens.find((token) => !Number.isInteger(token) || token < 0 || token >= vocabSize);
    if (tokens.length > contextLength)
      throw new VerityError(
        'contextOverflow',
        `There are ${tokens.length} tokens, but the model's context holds ${contextLength}. Give fewer.`,
      );
    if (bad !== undefined || tokens.length === 0)
      throw new VerityError(
        'badInput',
        `Give 1 to ${contextLength} token ids from 0 to ${vocabSize - 1}${bad === undefined ? '' : `, not ${bad}`}.`,
      );
    const branch = await this.engine.open({ positions: tokens.length, priority: 'batch', signal });
    try {
      return await branch.append(tokens, { rows: 'all', signal });
    } finally {
      branch.release();
    }
  }

  async dispose(): Promise<void> {
    await this.engine.close();
    await this.session.dispose();
  }
}
