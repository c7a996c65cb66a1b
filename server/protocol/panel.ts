/** What the extension and its verdict panel say to each other. Each side parses what it receives. */
import { z } from 'zod';
import { Judgment, Order, Standing } from './judgment.ts';

/** One judged pair as the panel lists it: a hunk of a file, or two texts. */
export const PanelEntry = z.object({
  /** `src/page.ts:14` or `a.ts ↔ b.ts`. */
  title: z.string(),
  /** How the two versions are called: `HEAD` and `working tree`, or file names. */
  names: z.object({ A: z.string(), B: z.string() }),
  /** A change's A is the version before and B the one after; alternatives stand side by side. */
  comparison: z.enum(['change', 'alternatives']),
  /** Whether the title leads to a place in a file. */
  canOpen: z.boolean(),
  /** What has been written so far, by order. */
  written: z.object({ AB: z.string(), BA: z.string() }),
  judgment: Judgment.optional(),
});
export type PanelEntry = z.infer<typeof PanelEntry>;

/** idle: nothing was judged yet; failed: with a message that says why and what to do. */
export const PanelState = z.object({
  phase: z.enum(['idle', 'running', 'ended', 'cancelled', 'failed']),
  message: z.string().optional(),
  entries: z.array(PanelEntry),
  /** Of several candidates, strongest first, once all were compared. */
  ranking: z.array(Standing).optional(),
});
export type PanelState = z.infer<typeof PanelState>;

/** Extension → panel. `state` replaces everything; the others add an entry or change one. */
export const ToPanel = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('state'), state: PanelState }),
  z.object({ kind: z.literal('entry'), entry: PanelEntry }),
  z.object({ kind: z.literal('text'), index: z.number().int(), order: Order, text: z.string() }),
  z.object({ kind: z.literal('judged'), index: z.number().int(), judgment: Judgment }),
]);
export type ToPanel = z.infer<typeof ToPanel>;

/** Panel → extension: it can receive now; the user wants to see an entry's code; the user cancels. */
export const FromPanel = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('open'), index: z.number().int().nonnegative() }),
  z.object({ kind: z.literal('cancel') }),
]);
export type FromPanel = z.infer<typeof FromPanel>;

/** The state after a message: extension and panel apply the same function, so they never disagree. */
export function reducePanel(state: PanelState, message: ToPanel): PanelState {
  if (message.kind === 'state') return message.state;
  if (message.kind === 'entry') return { ...state, entries: [...state.entries, message.entry] };
  const entries = state.entries.map((entry, index) => {
    if (index !== message.index) return entry;
    if (message.kind === 'judged') return { ...entry, judgment: message.judgment };
    return {
      ...entry,
      written: { ...entry.written, [message.order]: entry.written[message.order] + message.text },
    };
  });
  return { ...state, entries };
}
