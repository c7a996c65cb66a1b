/** A checkpoint directory as a LanguageModel in this process. Products load it in a worker (worker/). */
import { basename, resolve } from 'node:path';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { VerityError } from './errors.ts';
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
import { Sequence } from './sequence.ts';
import { DecoderSession } from './session.ts';
import type { GraphWeights } from './stored.ts';

export interface LoadOptions {
  /** What status and results call the model; the directory's name if left out. */
  id?: string;
  /** Threads inside one operator; all cores if left out. */
  threads?: number;
  /** Positions to prepare for at most; a checkpoint's own limit may be lower. */
  maxContext?: number;
  /** How the weights are held; `auto` if left out. */
  dtype?: DtypeChoice;
  /** Where quantized weights are kept; the system's cache folder if left out. */
  cacheDir?: string;
}

/** RoPE tables and K/V for longer contexts than this would cost more memory than a laptop wants to give. */
const DEFAULT_MAX_CONTEXT = 32_768;

/**
 * Loads a Hugging Face checkpoint directory on the CPU, quantizing it first where the dtype asks for it and the cache
 * has no copy yet.
 * @throws VerityError badModel with one line that says what is wrong and what to do.
 */
export async function loadLanguageModel(
  directory: string,
  options: LoadOptions = {},
  hooks: QuantizeHooks = {},
): Promise<LanguageModel> {
  const checkpoint = await openCheckpoint(resolve(directory));
  const contextLength = Math.min(checkpoint.spec.contextLength, options.maxContext ?? DEFAULT_MAX_CONTEXT);
  const dtype = resolveDtype(options.dtype ?? 'auto', checkpoint.weights.byteLength);
  const weights: GraphWeights & { byteLength: number } =
    dtype === 'fp32'
      ? checkpoint.weights
      : await openQuantized(checkpoint, QUANTIZATIONS[dtype], options.cacheDir, hooks);
  const session = await DecoderSession.create({ ...checkpoint.spec, contextLength }, weights, options);
  const id = options.id ?? basename(checkpoint.directory);
  return new LocalModel(checkpoint, session, { id, dtype, weightBytes: weights.byteLength });
}

class LocalModel implements LanguageModel {
  readonly info: ModelInfo;
  private readonly checkpoint: Checkpoint;
  private readonly session: DecoderSession;
  private readonly sequence: Sequence;
  /** Settled when the requests so far have ended. */
  private idle: Promise<unknown> = Promise.resolve();

  constructor(
    checkpoint: Checkpoint,
    session: DecoderSession,
    loaded: { id: string; dtype: Dtype; weightBytes: number },
  ) {
    const { architecture, vocabSize, hiddenSize, contextLength } = session.spec;
    this.checkpoint = checkpoint;
    this.session = session;
    this.sequence = new Sequence(session);
    this.info = {
      ...loaded,
      directory: checkpoint.directory,
      architecture,
      parameters: checkpoint.weights.parameters,
      vocabSize,
      hiddenSize,
      contextLength,
      device: 'cpu',
    };
  }

  /** Runs one request after the other: they share one K/V cache. */
  private inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.idle.then(task);
    this.idle = result.catch(() => undefined);
    return result;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- an error must reject, not be thrown
  async countTokens(prompt: Prompt): Promise<number> {
    return this.checkpoint.tokenizer.encode(prompt).length;
  }

  async generate(request: GenerateRequest, hooks?: GenerateHooks): Promise<Generation> {
    const { tokenizer, endTokens } = this.checkpoint;
    const context = { sequence: this.sequence, tokenizer, endTokens, contextLength: this.info.contextLength };
    const prompt = tokenizer.encode(request.prompt);
    return this.inTurn(() => generate(context, prompt, request, hooks));
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
    return this.inTurn(() => this.sequence.evaluate(tokens, signal));
  }

  dispose(): Promise<void> {
    return this.inTurn(() => this.session.dispose());
  }
}
