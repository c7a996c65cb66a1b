/** What a model's worker process and its owner say to each other. Both sides parse what they receive. */
import { z } from 'zod';
import { DEVICE_PREFERENCES } from '../devices/device.ts';
import { PRIORITIES } from '../engine/policy.ts';
import { DTYPE_CHOICES } from '../quantize/options.ts';

const Prompt = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('chat'),
    messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })),
    prefill: z.string().optional(),
  }),
  z.object({
    kind: z.literal('parts'),
    parts: z.array(z.union([z.object({ control: z.string() }), z.object({ text: z.string() })])),
  }),
]);

const count = z.number().int().nonnegative();

/** The K/V cache's accounting, see CacheStats. */
const CacheMessage = z.object({
  livePositions: count,
  pinnedPositions: count,
  usedBytes: count,
  pinnedBytes: count,
  capacityBytes: count,
  forwardedTokens: count,
  reusedTokens: count,
  bytesMoved: count,
});

/** How many requests hold room in the cache, and how many wait for it. */
const RequestCounts = z.object({ running: count, waiting: count });

const GenerateRequest = z.object({
  prompt: Prompt,
  maxNewTokens: z.number().int().positive(),
  forms: z
    .array(
      z.object({
        opening: z.string(),
        until: z.string().min(1),
        limit: z.number().int().positive(),
        closing: z.string(),
      }),
    )
    .optional(),
  sampling: z.object({
    temperature: z.number().nonnegative(),
    topK: z.number().int().nonnegative(),
    topP: z.number().positive(),
    minP: z.number().nonnegative(),
    repetitionPenalty: z.number().positive(),
    seed: z.number().int(),
  }),
  stop: z.array(z.string()),
  topLogprobs: z.number().int().nonnegative(),
  priority: z.enum(PRIORITIES).optional(),
});

const id = z.number().int();

const Vector = z.custom<Float32Array>((value) => value instanceof Float32Array);

/** A token, or a vector in place of its embedding. */
const Input = z.union([z.number().int(), Vector]);

/** The owner numbers the branches, so that it need not wait for an answer to a fork. */
const branch = z.number().int();

/** LoadOptions, but for the device: the worker finds out what works. */
export const WorkerOptions = z.object({
  id: z.string().optional(),
  threads: z.number().int().positive().optional(),
  maxContext: z.number().int().positive().optional(),
  cacheBytes: z.number().int().positive().optional(),
  dtype: z.enum(DTYPE_CHOICES).optional(),
  cacheDir: z.string().optional(),
  /** `cpu` if left out. */
  device: z.enum(DEVICE_PREFERENCES).optional(),
  /** Probe devices anew instead of trusting what is remembered. */
  freshProbe: z.boolean().optional(),
});
export type WorkerOptions = z.infer<typeof WorkerOptions>;

/**
 * One thing that the owner says. `load` comes first; `cancel` names the request to end. `open`, `append`,
 * `splice`, `realign`, `fork` and `release` are TokenModel's and TokenBranch's: the last two have no answer.
 */
export const ToWorker = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('load'),
    id,
    directory: z.string(),
    options: WorkerOptions,
  }),
  z.object({ kind: z.literal('countTokens'), id, prompt: Prompt }),
  z.object({ kind: z.literal('generate'), id, request: GenerateRequest }),
  z.object({ kind: z.literal('evaluate'), id, tokens: z.array(z.number().int()) }),
  z.object({
    kind: z.literal('open'),
    id,
    branch,
    positions: z.number().int().positive(),
    priority: z.enum(PRIORITIES),
  }),
  z.object({ kind: z.literal('append'), id, branch, inputs: z.array(Input).min(1) }),
  z.object({ kind: z.literal('splice'), id, branch, source: branch, from: count, until: count }),
  z.object({ kind: z.literal('realign'), id, hidden: Vector }),
  z.object({ kind: z.literal('fork'), branch, fork: branch }),
  z.object({ kind: z.literal('release'), branch }),
  z.object({ kind: z.literal('cancel'), id }),
]);
export type ToWorker = z.infer<typeof ToWorker>;

/** Owner → worker: all that was said in one turn of the event loop, so that appends asked for together share a forward. */
export const BatchToWorker = z.array(ToWorker).min(1);
export type BatchToWorker = z.infer<typeof BatchToWorker>;

/** What is answered by one result or error. */
export type WorkerRequest = Exclude<Extract<ToWorker, { id: number }>, { kind: 'cancel' }>;

/**
 * Worker → owner: progress while a load quantizes; that a generation has begun, and pieces of its text; then exactly
 * one result or error per request.
 */
export const FromWorker = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('begun'), id }),
  z.object({ kind: z.literal('text'), id, delta: z.string() }),
  /** While `load` quantizes: bytes of the checkpoint's weights that are done, and in all. */
  z.object({ kind: z.literal('progress'), id, done: z.number(), total: z.number() }),
  z.object({ kind: z.literal('result'), id, value: z.unknown() }),
  z.object({
    kind: z.literal('error'),
    id,
    /** A VerityError's kind; 'aborted' answers a cancel; 'internal' is a bug of ours. */
    error: z.enum(['badModel', 'contextOverflow', 'workerDied', 'busy', 'badInput', 'aborted', 'internal']),
    message: z.string(),
  }),
  /** Sent when a request has come or is answered, and every few seconds. */
  z.object({
    kind: z.literal('report'),
    residentBytes: count,
    loaded: z.object({ cache: CacheMessage, requests: RequestCounts }).optional(),
  }),
]);
export type FromWorker = z.infer<typeof FromWorker>;

/** What `load` answers with. */
export const ModelInfoMessage = z.object({
  id: z.string(),
  directory: z.string(),
  architecture: z.string(),
  parameters: z.number().int(),
  vocabSize: z.number().int(),
  hiddenSize: z.number().int(),
  contextLength: z.number().int(),
  bytesPerPosition: z.number().int(),
  device: z.string(),
  deviceReason: z.string().optional(),
  dtype: z.string(),
  weightBytes: z.number().int(),
});

const TokenLogprob = z.object({ token: z.number().int(), text: z.string(), logprob: z.number() });

/** What `generate` answers with. */
export const GenerationMessage = z.object({
  text: z.string(),
  steps: z.array(TokenLogprob.extend({ top: z.array(TokenLogprob) })),
  finishReason: z.enum(['eos', 'stop', 'length', 'form']),
  promptTokens: z.number().int(),
  prefillMs: z.number(),
  totalMs: z.number(),
});

/** What `evaluate` answers with. */
export const EvaluationMessage = z.object({
  logits: Vector,
  hidden: Vector,
});

/** What `realign` answers with. */
export const VectorMessage = Vector;

/** What `append` answers with, see TokenOutputs. */
export const OutputsMessage = z.object({
  logits: Vector,
  hidden: Vector,
  forwarded: count,
  reused: count,
});
