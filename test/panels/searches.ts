/** The states that the search tree panel can be in, each as its host would send it. */
import type { SearchTreeState } from '../../server/protocol/search-tree-panel.ts';
import { searchRun } from '../unit/protocol/searches.ts';

const SHAPE = { budget: 4, breadth: 5, steps: 24, seed: 3 };
const ended = searchRun(SHAPE);

/** About as large as a search gets: more than 5,000 tokens. */
export const HUGE = searchRun({ budget: 16, breadth: 9, steps: 40, seed: 5 });

const REFUSED =
  'Every completion found has a reward below 0: the likeliest continuation calls eval on a request’s text.';

export const STATES = {
  empty: { runs: [] },
  starting: { runs: [{ ...ended, phase: 'growing', steps: [], result: undefined }] },
  growing: { runs: [{ ...ended, phase: 'growing', steps: ended.steps.slice(0, 9), result: undefined }] },
  ended: { runs: [ended] },
  refused: {
    runs: [
      {
        ...ended,
        phase: 'refused',
        message: REFUSED,
        result: { ...ended.result!, completions: [], refusal: REFUSED },
      },
    ],
  },
  failed: {
    runs: [
      {
        ...ended,
        phase: 'failed',
        message:
          'The model’s process ended (signal SIGKILL). It has been started again; please search again.',
        steps: ended.steps.slice(0, 5),
        result: undefined,
      },
    ],
  },
  cancelled: { runs: [{ ...ended, phase: 'cancelled', steps: ended.steps.slice(0, 3), result: undefined }] },
  'several runs': {
    runs: [
      ended,
      searchRun({ ...SHAPE, budget: 8, seed: 4 }, { id: 1 }),
      { ...ended, id: 2, source: 'inline' },
    ],
  },
  huge: { runs: [HUGE] },
} satisfies Record<string, SearchTreeState>;

export type StateName = keyof typeof STATES;
