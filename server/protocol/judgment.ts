/**
 * What a judgment is, on the wire: shared by server, extension, panels and the CLI's `--json`.
 * Everything that crosses a process is parsed with these schemas at the boundary.
 */
import { z } from 'zod';

/** The side that a judge prefers. `undecided`: the orders disagree, or no valid verdict was written. */
export const Verdict = z.enum(['A', 'B', 'undecided']);
export type Verdict = z.infer<typeof Verdict>;

/** The order in which the judge read the two versions. Judging both exposes position bias. */
export const Order = z.enum(['AB', 'BA']);
export type Order = z.infer<typeof Order>;

/** One turn of a conversation whose last reply is judged. All of it is quoted to the judge, the roles too. */
export const Turn = z.object({ role: z.enum(['user', 'assistant']), content: z.string() });
export type Turn = z.infer<typeof Turn>;

/** The tagged parts of a judge's output (RM-R1); a part that was not written is null. */
export const Reasoning = z.object({
  /** `Reasoning` or `Chat`: the judge's own classification of the task. */
  type: z.string().nullable(),
  /** The judge's own solution (Reasoning tasks). */
  solution: z.string().nullable(),
  /** Weighted criteria (Chat tasks). */
  rubric: z.string().nullable(),
  /** The comparison, quoting both sides. */
  evaluation: z.string().nullable(),
  /** Free thinking before the tags (`<think>` of reasoning models). */
  thinking: z.string().nullable(),
});
export type Reasoning = z.infer<typeof Reasoning>;

/** How many samples of one order preferred each version, and how many ended without a verdict (voting@k). */
export const Votes = z.object({
  A: z.number().int().nonnegative(),
  B: z.number().int().nonnegative(),
  none: z.number().int().nonnegative(),
});
export type Votes = z.infer<typeof Votes>;

/** One reading of the pair. Letters inside `verdict` and `reasoning` are the canonical A and B. */
export const OrderJudgment = z.object({
  order: Order,
  /** null: the output held both markers, neither, or was cut off. Never a guess. */
  verdict: z.enum(['A', 'B']).nullable(),
  /**
   * The model's own probability of its verdict against the other letter, where it commits itself; of several samples,
   * the share that voted for it. 0 without a verdict.
   */
  confidence: z.number().min(0).max(1),
  /** Where the order was sampled several times: the verdict is the majority's, the text is one of its voters'. */
  votes: Votes.optional(),
  reasoning: Reasoning,
  /** The raw output as the model wrote it: for order BA its letters are swapped. */
  raw: z.string(),
  promptTokens: z.number().int().nonnegative(),
  outputTokens: z.number().int().nonnegative(),
});
export type OrderJudgment = z.infer<typeof OrderJudgment>;

export const Timings = z.object({
  /** Milliseconds from the request's start to its first written token, and to its end. */
  firstTokenMs: z.number().nonnegative(),
  totalMs: z.number().nonnegative(),
  tokensPerSecond: z.number().nonnegative(),
});
export type Timings = z.infer<typeof Timings>;

/** Judgments whose confidence lay in [from, to): its mean, the share of right verdicts and their number. */
export const ReliabilityBin = z.object({
  from: z.number().min(0).max(1),
  to: z.number().min(0).max(1),
  confidence: z.number().min(0).max(1),
  right: z.number().min(0).max(1),
  count: z.number().int().positive(),
});
export type ReliabilityBin = z.infer<typeof ReliabilityBin>;

/** How a judge's confidence was calibrated: by temperature scaling on judgments whose right verdict is known. */
export const Calibration = z.object({
  /** Divides the log-odds of a verdict. */
  temperature: z.number().positive(),
  judgments: z.number().int().positive(),
  /** What was judged, in words. */
  data: z.string(),
  /** Of the calibrated confidence, in ascending order. */
  bins: z.array(ReliabilityBin),
});
export type Calibration = z.infer<typeof Calibration>;

export const Judgment = z.object({
  verdict: Verdict,
  /**
   * Where the orders agree their mean confidence, calibrated if `calibration` is there; of several samples, the share
   * that voted for the verdict. Else 0.
   */
  confidence: z.number().min(0).max(1),
  /** The confidence before calibration. */
  rawConfidence: z.number().min(0).max(1).optional(),
  calibration: Calibration.optional(),
  agreement: z.boolean(),
  orders: z.array(OrderJudgment),
  /** One readable text: the evaluation (or what stood in its place) of the first decisive order. */
  reasoning: z.string(),
  model: z.string(),
  timings: Timings,
});
export type Judgment = z.infer<typeof Judgment>;

/** A half-open range of zero-based lines: `[startLine, endLine)`; empty for a pure insertion or deletion. */
export const LineRange = z.object({
  startLine: z.number().int().nonnegative(),
  endLine: z.number().int().nonnegative(),
});
export type LineRange = z.infer<typeof LineRange>;

/** One changed region of a file, with where it lies in both versions. */
export const Hunk = z.object({
  file: z.string(),
  before: LineRange,
  after: LineRange,
  /** Identifies the change by its content: the same wherever the same lines are changed in the same way. */
  fingerprint: z.string(),
});
export type Hunk = z.infer<typeof Hunk>;

/** A hunk with its judgment: A is the version before, B the version after. */
export const JudgedHunk = Hunk.extend({ judgment: Judgment });
export type JudgedHunk = z.infer<typeof JudgedHunk>;

/** One comparison of two candidates, by their places in the list; the judgment's A is `a`, its B is `b`. */
export const Comparison = z.object({
  a: z.number().int().nonnegative(),
  b: z.number().int().nonnegative(),
  judgment: Judgment,
});
export type Comparison = z.infer<typeof Comparison>;

/** A candidate's place in a Bradley–Terry ranking. */
export const Standing = z.object({
  candidate: z.string(),
  /** Its place in the list that was given. */
  index: z.number().int().nonnegative(),
  /** Natural logarithm; 0 is the average. σ(difference) is the chance to win a comparison. */
  strength: z.number(),
  /** 95 % of the strength, from the Fisher information. */
  interval: z.tuple([z.number(), z.number()]),
  wins: z.number().int().nonnegative(),
  losses: z.number().int().nonnegative(),
  undecided: z.number().int().nonnegative(),
});
export type Standing = z.infer<typeof Standing>;

export const Ranking = z.object({
  /** Strongest first. */
  ranking: z.array(Standing),
  comparisons: z.array(Comparison),
  method: z.enum(['round robin', 'knockout']),
  model: z.string(),
});
export type Ranking = z.infer<typeof Ranking>;
