/**
 * Verity's own LSP requests and notifications, each with its direction and purpose.
 * Parameters are validated by the receiver with the schema beside the type.
 */
import { NotificationType, ProgressType, RequestType, RequestType0 } from 'vscode-languageserver-protocol';
import { z } from 'zod';
import { Comparison, Hunk, JudgedHunk, Judgment, LineRange, Order, Ranking, Turn } from './judgment.ts';
import { WithProgress } from './progress.ts';

/** voting@k: samples per order. Of one sample the majority would say nothing. */
const VoteCount = z.number().int().min(2).max(32);

/** What was said before the replies that are compared; the client's words are the last. */
export const Conversation = z
  .array(Turn)
  .min(1)
  .refine((turns) => turns.at(-1)?.role === 'user', 'must end with a turn of the role user');

/** Client → server: judge version A against version B of one piece of code. */
export const JudgeParams = WithProgress.extend({
  a: z.string(),
  b: z.string(),
  /** VS Code language id; `plaintext` if unknown. */
  language: z.string().default('plaintext'),
  /** What the code is meant to do, if the user says so. */
  instruction: z.string().optional(),
  /** Where A and B are replies: the conversation that they end. */
  conversation: Conversation.optional(),
  /** Samples per order, whose majority decides; one greedy reading if left out. */
  votes: VoteCount.optional(),
});
/** As a client sends it; the server parses it into its output type. */
export type JudgeParams = z.input<typeof JudgeParams>;

/** Server → client, on the request's partialResultToken: text as the judge writes it. */
export const JudgePartial = z.object({ order: Order, text: z.string() });
export type JudgePartial = z.infer<typeof JudgePartial>;
export const judgePartial = new ProgressType<JudgePartial>();

export const judgeRequest = new RequestType<JudgeParams, Judgment, void>('verity/judge');

/** Client → server: rank candidates by pairwise judgments. */
export const RankParams = WithProgress.extend({
  candidates: z
    .array(z.object({ name: z.string(), text: z.string() }))
    .min(2)
    .max(64),
  language: z.string().default('plaintext'),
  instruction: z.string().optional(),
  conversation: Conversation.optional(),
  votes: VoteCount.optional(),
});
export type RankParams = z.input<typeof RankParams>;

/** Server → client, on the request's partialResultToken: each comparison as it is made. */
export const RankPartial = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('comparing'),
    /** Number of this comparison from 0, and how many there will be if none is undecided. */
    index: z.number().int(),
    total: z.number().int(),
    /** Places of the two candidates. */
    a: z.number().int(),
    b: z.number().int(),
  }),
  z.object({ kind: z.literal('text'), order: Order, text: z.string() }),
  z.object({ kind: z.literal('compared'), comparison: Comparison }),
]);
export type RankPartial = z.infer<typeof RankPartial>;
export const rankPartial = new ProgressType<RankPartial>();

export const rankRequest = new RequestType<RankParams, Ranking, void>('verity/rank');

/** Code elsewhere that helps to judge a change: where a changed function is called. */
export const Caller = z.object({
  /** The function it calls: lines of the version after. */
  calls: LineRange,
  file: z.string(),
  text: z.string().max(20_000),
});
export type Caller = z.infer<typeof Caller>;

/** What a client with a language server knows of the version after. The judge reads as much as its context holds. */
export const ReviewContext = z.object({
  /** A change is judged inside the innermost function around it. */
  functions: z.array(LineRange).max(10_000).default([]),
  imports: z.array(LineRange).max(1000).default([]),
  callers: z.array(Caller).max(100).default([]),
});
export type ReviewContext = z.infer<typeof ReviewContext>;

const LineNumber = z.number().int().nonnegative();

/** Client → server: judge every hunk between two versions of some files (A before, B after). */
export const ReviewParams = WithProgress.extend({
  files: z.array(
    z.object({
      file: z.string(),
      language: z.string().default('plaintext'),
      before: z.string(),
      after: z.string(),
      /** Where the texts begin in the file, if they are parts of it. */
      firstLine: z.object({ before: LineNumber, after: LineNumber }).optional(),
      /** Judge only hunks that touch these lines of the version after. */
      only: LineRange.optional(),
      context: ReviewContext.optional(),
    }),
  ),
  instruction: z.string().optional(),
});
export type ReviewParams = z.input<typeof ReviewParams>;

export const ReviewResult = z.object({ hunks: z.array(JudgedHunk) });
export type ReviewResult = z.infer<typeof ReviewResult>;

/** Server → client, on the request's partialResultToken: how a review comes along. */
export const ReviewPartial = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('hunks'), hunks: z.array(Hunk) }),
  z.object({ kind: z.literal('text'), index: z.number().int(), order: Order, text: z.string() }),
  z.object({ kind: z.literal('judged'), index: z.number().int(), judgment: Judgment }),
]);
export type ReviewPartial = z.infer<typeof ReviewPartial>;
export const reviewPartial = new ProgressType<ReviewPartial>();

export const reviewRequest = new RequestType<ReviewParams, ReviewResult, void>('verity/review');

/** Every request ends in exactly one of these; kept locally, so that a user can ask why nothing was shown. */
export const Outcome = z.object({
  request: z.string(),
  outcome: z.enum(['answered', 'cancelled while waiting', 'cancelled while running', 'refused', 'failed']),
  reason: z.string().optional(),
  /** ISO 8601. */
  at: z.string(),
  ms: z.number().nonnegative(),
});
export type Outcome = z.infer<typeof Outcome>;

export const RequestCounts = z.object({ running: z.number().int(), waiting: z.number().int() });

/** A model's K/V cache. Counts are positions (tokens and latent vectors), bytes are of keys and values. */
export const CacheStatus = z.object({
  livePositions: z.number().int(),
  /** Held by requests; the others are kept for reuse until their room is needed. */
  pinnedPositions: z.number().int(),
  usedBytes: z.number().int(),
  pinnedBytes: z.number().int(),
  capacityBytes: z.number().int(),
  /** Since the model was loaded: evaluated, found in the cache instead, and bytes copied to make room. */
  forwardedTokens: z.number().int(),
  reusedTokens: z.number().int(),
  bytesMoved: z.number().int(),
});
export type CacheStatus = z.infer<typeof CacheStatus>;

/**
 * unloaded → loading → ready ⇄ busy, and back to unloaded when its memory is needed or nobody asks for it; failed: its
 * process has died too often, or it cannot load.
 */
export const ModelStatus = z.object({
  id: z.string(),
  state: z.enum(['unloaded', 'loading', 'ready', 'busy', 'failed']),
  /** Where it runs; before it is loaded, what was asked for. */
  device: z.string(),
  /** Why it runs there. */
  deviceReason: z.string().optional(),
  /** How the weights are held (fp32, int8, int4); before they are loaded, what was asked for. */
  dtype: z.string(),
  /** While a first load quantizes the weights: how far it has come. */
  quantizedPercent: z.number().int().optional(),
  architecture: z.string().optional(),
  parameters: z.number().int().optional(),
  contextLength: z.number().int().optional(),
  /** Resident memory of the model's worker process, bytes. */
  memoryBytes: z.number().int().optional(),
  cache: CacheStatus.optional(),
  /** What its scheduler has in hand: requests that hold room in the cache, and those that wait for it. */
  requests: RequestCounts.optional(),
  /** When a request for it last came or went, ISO 8601. */
  lastUse: z.string().optional(),
  /** How often its process ended unasked. */
  deaths: z.number().int().nonnegative(),
  error: z.string().optional(),
});
export type ModelStatus = z.infer<typeof ModelStatus>;

export const Status = z.object({
  version: z.string(),
  pid: z.number().int(),
  /** The judge's first, whether it is loaded or not. */
  models: z.tuple([ModelStatus], ModelStatus),
  /** Bytes that all models take and may take. */
  memory: z.object({ heldBytes: z.number(), limitBytes: z.number() }),
  /** Users' requests: those that a model works on, and those that wait for it to load or for their turn. */
  queue: RequestCounts,
  /** The latest outcomes, newest last. */
  outcomes: z.array(Outcome),
});
export type Status = z.infer<typeof Status>;

/** Client → server: what is loaded, on which device, and how the latest requests ended. */
export const statusRequest = new RequestType0<Status, void>('verity/status');

/** Server → client: the status changed (a model loads, gets busy, fails, …). */
export const statusNotification = new NotificationType<Status>('verity/statusChanged');

/** What a client may set at `initialize`. */
export const InitializationOptions = z.object({
  /** Checkpoint directory of the judge; the embedded model without it. */
  judgeModel: z.string().optional(),
  /** Checkpoint directory of what completes code and works in teams, and of the completions' multifurcation reward model. */
  policyModel: z.string().optional(),
  safetyModel: z.string().optional(),
  /** How the judge's weights are held. auto: small models as they are, larger ones in int8, the largest in int4. */
  judgeDtype: z.enum(['auto', 'fp32', 'int8', 'int4']).optional(),
  /** Where models run. auto, which is the default: the fastest device that works. */
  device: z.enum(['auto', 'cpu', 'webgpu', 'cuda']).optional(),
  /** Test devices anew instead of trusting what is remembered. */
  freshProbe: z.boolean().optional(),
  /** Bytes that all loaded models together may take; half of the machine's memory without it. */
  memoryLimit: z.number().positive().optional(),
  /** A model that nobody has used for so many milliseconds is unloaded; none is without it. */
  unloadAfterMs: z.number().positive().optional(),
});
export type InitializationOptions = z.infer<typeof InitializationOptions>;

/** JSON-RPC error codes of ours, in the range LSP leaves to servers. */
export const ErrorCode = {
  /** The checkpoint can't be used: the message says which file and what to do. */
  badModel: -33001,
  /** Prompt and output do not fit into the model's context. */
  contextOverflow: -33002,
  /** The model's worker process ended during the request; it has been restarted or says why not. */
  workerDied: -33003,
  /** Too many requests are waiting. */
  busy: -33004,
} as const;
