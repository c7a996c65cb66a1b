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

/** One reading of the pair. Letters inside `verdict` and `reasoning` are the canonical A and B. */
export const OrderJudgment = z.object({
  order: Order,
  /** null: the output held both markers, neither, or was cut off. Never a guess. */
  verdict: z.enum(['A', 'B']).nullable(),
  /** P(verdict) against the other letter at the answer marker, 0.5–1; 0 without a verdict. */
  confidence: z.number().min(0).max(1),
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

export const Judgment = z.object({
  verdict: Verdict,
  /** Mean confidence of the orders where they agree, else 0. */
  confidence: z.number().min(0).max(1),
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
