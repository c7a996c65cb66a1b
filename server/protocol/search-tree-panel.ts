/** What the extension and its search tree panel say to each other. Each side parses what it receives. */
import { z } from 'zod';
import { CompleteResult, CompletionMethod, SearchStep } from './completion.ts';

const Id = z.number().int().nonnegative();

/**
 * growing: the search goes on; ended: it found something; refused: it found nothing that is safe enough; failed: with a
 * message that says why and what to do.
 */
export const SearchPhase = z.enum(['growing', 'ended', 'refused', 'cancelled', 'failed']);
export type SearchPhase = z.infer<typeof SearchPhase>;

/** One search, as it has come so far. */
export const SearchRun = z.object({
  id: Id,
  /** `src/page.ts:14`. */
  title: z.string(),
  /** inline: while somebody typed; the next one takes its place. */
  source: z.enum(['inline', 'command']),
  /** The end of the text that is completed, to read a path in its place. */
  prompt: z.string(),
  method: CompletionMethod,
  budget: z.number().int(),
  phase: SearchPhase,
  /** Why it was refused or failed. */
  message: z.string().optional(),
  steps: z.array(SearchStep),
  result: CompleteResult.optional(),
});
export type SearchRun = z.infer<typeof SearchRun>;

/** The latest searches, newest last. */
export const SearchTreeState = z.object({ runs: z.array(SearchRun) });
export type SearchTreeState = z.infer<typeof SearchTreeState>;

/** Extension → panel. `state` replaces everything; `select` shows one node of one run. */
export const ToSearchTree = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('state'), state: SearchTreeState }),
  z.object({ kind: z.literal('begin'), run: SearchRun }),
  z.object({ kind: z.literal('step'), run: Id, step: SearchStep }),
  z.object({
    kind: z.literal('end'),
    run: Id,
    phase: SearchPhase.exclude(['growing']),
    message: z.string().optional(),
    result: CompleteResult.optional(),
  }),
  z.object({ kind: z.literal('select'), run: Id, node: Id }),
]);
export type ToSearchTree = z.infer<typeof ToSearchTree>;

/** Panel → extension: it can receive now; what the user wants done. The panel alone knows how its tree is drawn. */
export const FromSearchTree = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('cancel') }),
  z.object({ kind: z.literal('copy'), text: z.string() }),
  z.object({ kind: z.literal('exportJson'), run: Id }),
  z.object({ kind: z.literal('exportSvg'), run: Id, svg: z.string() }),
]);
export type FromSearchTree = z.infer<typeof FromSearchTree>;

/** More runs than anyone compares would only take memory. */
export const MAX_RUNS = 10;

/** The state after a message: extension and panel apply the same function, so they never disagree. */
export function reduceSearchTree(state: SearchTreeState, message: ToSearchTree): SearchTreeState {
  switch (message.kind) {
    case 'state':
      return message.state;
    case 'begin':
      return { runs: begun(state.runs, message.run) };
    case 'step':
      return change(state, message.run, (run) => ({ ...run, steps: [...run.steps, message.step] }));
    case 'end': {
      const { phase, message: why, result } = message;
      return change(state, message.run, (run) => ({ ...run, phase, message: why, result }));
    }
    case 'select':
      return state;
  }
}

/** Somebody who types starts a search with each pause: of those only the latest is kept. */
function begun(runs: readonly SearchRun[], run: SearchRun): SearchRun[] {
  const others = runs.filter(({ source }) => source !== 'inline' || run.source !== 'inline');
  return [...others, run].slice(-MAX_RUNS);
}

/** A run that has ended, or is no longer kept, stays as it is. */
function change(state: SearchTreeState, id: number, changed: (run: SearchRun) => SearchRun): SearchTreeState {
  return {
    runs: state.runs.map((run) => (run.id === id && run.phase === 'growing' ? changed(run) : run)),
  };
}
