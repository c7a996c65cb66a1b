/** Honest deduction on the wire: premises and a question, and what was proved, refuted or left open. */
import { ProgressType, RequestType } from 'vscode-languageserver-protocol';
import { z } from 'zod';
import { WithProgress } from './progress.ts';

const Count = z.number().int().nonnegative();

/** Client → server: does the question's answer follow from the premises? */
export const DeduceParams = WithProgress.extend({
  /** One statement each; a text is split into its sentences by the client or the server's `splitPremises`. */
  premises: z.array(z.string().max(2000)).max(500),
  question: z.string().max(2000),
  /** The solver's limit. */
  timeLimitMs: z.number().positive().max(600_000).default(10_000),
});
export type DeduceParams = z.input<typeof DeduceParams>;

/** Client → server: a question about code, answered without a model from a documented subset of the language. */
export const DeduceCodeParams = WithProgress.extend({
  code: z.string().max(200_000),
  language: z.enum(['typescript', 'javascript', 'python']),
  question: z.discriminatedUnion('kind', [
    /** Does the condition always hold at its line? Its text stands in the code, or is asked at a line. */
    z.object({ kind: z.literal('holds'), condition: z.string(), line: Count }),
    /** Can the branch whose condition stands at this line be entered? */
    z.object({ kind: z.literal('reachable'), line: Count }),
    /** Are the two conditions equivalent? */
    z.object({ kind: z.literal('agree'), first: z.string(), second: z.string() }),
  ]),
  timeLimitMs: z.number().positive().max(600_000).default(10_000),
});
export type DeduceCodeParams = z.input<typeof DeduceCodeParams>;

/** entailed, refuted: proved. abstained: not decided by the premises, or not checked. */
export const DeductionStatus = z.enum(['entailed', 'refuted', 'abstained', 'contradictory']);
export type DeductionStatus = z.infer<typeof DeductionStatus>;

export const FormalPremise = z.object({
  /** From 1, in the order of the text. */
  number: z.number().int().positive(),
  text: z.string(),
  /** As the solver reads it; null where the sentence could not be formalized, and why. */
  formal: z.string().nullable(),
  problem: z.string().optional(),
});
export type FormalPremise = z.infer<typeof FormalPremise>;

export const DerivationStep = z.object({
  label: z.string(),
  formal: z.string(),
  /** Premise numbers and labels of earlier steps that it follows from. */
  from: z.array(z.string()),
  /** Whether the solver proved it from those alone; only checked steps are ever shown as a derivation. */
  isChecked: z.boolean(),
});
export type DerivationStep = z.infer<typeof DerivationStep>;

/** A state of affairs in which all premises hold: names and their values. */
export const CounterModel = z.object({
  values: z.array(z.object({ name: z.string(), value: z.string() })),
  /** What the question's answer would be in it. */
  answer: z.string(),
});
export type CounterModel = z.infer<typeof CounterModel>;

export const Deduction = z.object({
  status: DeductionStatus,
  /** `15`, `yes`, `no`; null unless proved. */
  answer: z.string().nullable(),
  /** One sentence: why it abstained, what contradicts, or what was proved. */
  reason: z.string(),
  /** The question as the solver reads it; null where it could not be formalized. */
  goal: z.string().nullable(),
  premises: z.array(FormalPremise),
  derivation: z.array(DerivationStep),
  /** Numbers of the premises in the smallest proof found (unsat core, minimized); of a contradiction, those in it. */
  premisesUsed: z.array(z.number().int().positive()),
  /** Not entailed: two states of affairs with different answers. */
  counterModels: z.array(CounterModel),
  /** A single statement that would settle the question, where one exists. */
  missing: z.string().nullable(),
  /** What the solver was asked, for export. */
  smtLib: z.string(),
  model: z.string().nullable(),
  /** What the model answered before it was checked; it is never shown as an answer. */
  proposed: z.string().nullable(),
  ms: z.object({ formalize: z.number(), deduce: z.number(), solve: z.number() }),
});
export type Deduction = z.infer<typeof Deduction>;

/** Server → client, on the request's partialResultToken: each premise as it is read, each step as it is written. */
export const DeducePartial = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('premise'), premise: FormalPremise }),
  z.object({ kind: z.literal('text'), text: z.string() }),
]);
export type DeducePartial = z.infer<typeof DeducePartial>;
export const deducePartial = new ProgressType<DeducePartial>();

export const deduceRequest = new RequestType<DeduceParams, Deduction, void>('verity/deduce');
export const deduceCodeRequest = new RequestType<DeduceCodeParams, Deduction, void>('verity/deduceCode');
