/** What the extension and its derivation panel say to each other. Each side parses what it receives. */
import { z } from 'zod';
import { Deduction, FormalPremise } from './deduction.ts';

/** What was asked, as the panel names it. */
export const Inquiry = z.object({
  /** `notes.md:12–18`. */
  title: z.string(),
  question: z.string(),
  /** The statements of a text in their order. Of code the server finds them, so there are none at first. */
  premises: z.array(z.string()),
  /** Whether each premise has a place that can be opened; the question always has one. */
  canOpenPremises: z.boolean(),
});
export type Inquiry = z.infer<typeof Inquiry>;

/** empty: nothing was asked yet; failed: with a message that says why and what to do. An abstention is no failure. */
export const DerivationState = z.object({
  phase: z.enum(['empty', 'running', 'ended', 'cancelled', 'failed']),
  message: z.string().optional(),
  inquiry: Inquiry.optional(),
  /** Premises as the solver reads them, as far as they have been read. */
  read: z.array(FormalPremise),
  /** What the model has written so far. It is shown while it is written and is no result. */
  written: z.string(),
  deduction: Deduction.optional(),
});
export type DerivationState = z.infer<typeof DerivationState>;

export const NOTHING_ASKED: DerivationState = { phase: 'empty', read: [], written: '' };

/** Extension → panel. `state` replaces everything; the others add to it. */
export const ToDerivation = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('state'), state: DerivationState }),
  z.object({ kind: z.literal('premise'), premise: FormalPremise }),
  z.object({ kind: z.literal('text'), text: z.string() }),
  z.object({ kind: z.literal('deduction'), deduction: Deduction }),
]);
export type ToDerivation = z.infer<typeof ToDerivation>;

/** Panel → extension: it can receive now, or what the user wants of the deduction that is shown. */
export const FromDerivation = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('openQuestion') }),
  z.object({ kind: z.literal('openPremise'), number: z.number().int().positive() }),
  z.object({ kind: z.literal('copyMarkdown') }),
  z.object({ kind: z.literal('exportSmtLib') }),
  z.object({ kind: z.literal('cancel') }),
]);
export type FromDerivation = z.infer<typeof FromDerivation>;

/** The state after a message: extension and panel apply the same function, so they never disagree. */
export function reduceDerivation(state: DerivationState, message: ToDerivation): DerivationState {
  switch (message.kind) {
    case 'state':
      return message.state;
    case 'premise': {
      const others = state.read.filter(({ number }) => number !== message.premise.number);
      return { ...state, read: [...others, message.premise].sort((one, two) => one.number - two.number) };
    }
    case 'text':
      return { ...state, written: state.written + message.text };
    case 'deduction':
      return { ...state, phase: 'ended', deduction: message.deduction, read: message.deduction.premises };
  }
}
