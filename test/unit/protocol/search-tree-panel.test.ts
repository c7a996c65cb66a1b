/** The search tree's reducer: extension and panel apply it alike, so it must be total and touch nothing but its run. */
import { describe, expect, it } from 'vitest';
import {
  FromSearchTree,
  MAX_RUNS,
  reduceSearchTree,
  type SearchTreeState,
  ToSearchTree,
} from '../../../server/protocol/search-tree-panel.ts';
import { madeUpSearch, searchRun } from './searches.ts';

const SHAPE = { budget: 2, breadth: 3, steps: 4 };
const { steps, result } = madeUpSearch(SHAPE);
const begun = (id: number, source: 'inline' | 'command' = 'command') =>
  searchRun(SHAPE, { id, source, phase: 'growing', steps: [], result: undefined });
const ids = ({ runs }: SearchTreeState) => runs.map(({ id }) => id);

describe('reduceSearchTree', () => {
  it('takes a run from its beginning over its steps to its end, and leaves the others alone', () => {
    const other = searchRun(SHAPE, { id: 7 });
    const before: SearchTreeState = { runs: [other] };
    const messages: ToSearchTree[] = [
      { kind: 'begin', run: begun(8) },
      ...steps.map((step): ToSearchTree => ({ kind: 'step', run: 8, step })),
      { kind: 'end', run: 8, phase: 'ended', result },
    ];
    const copy = structuredClone(before);
    const after = messages.reduce(reduceSearchTree, before);
    expect(before).toEqual(copy);
    expect(after.runs[0]).toBe(other);
    expect(after.runs[1]).toMatchObject({ id: 8, phase: 'ended', steps, result });
    expect(ToSearchTree.safeParse({ kind: 'state', state: after }).success).toBe(true);
  });

  it('nothing changes a run that has ended, or one that is not there', () => {
    const state: SearchTreeState = { runs: [searchRun(SHAPE)] };
    expect(reduceSearchTree(state, { kind: 'step', run: 0, step: steps[0]! })).toEqual(state);
    expect(reduceSearchTree(state, { kind: 'end', run: 0, phase: 'failed', message: 'x' })).toEqual(state);
    expect(reduceSearchTree(state, { kind: 'step', run: 5, step: steps[0]! })).toEqual(state);
    expect(reduceSearchTree(state, { kind: 'select', run: 0, node: 1 })).toBe(state);
  });

  it('keeps of searches while typing the latest alone, and of all no more than the most', () => {
    let state: SearchTreeState = { runs: [] };
    for (const [id, source] of (['command', 'inline', 'command', 'inline'] as const).entries())
      state = reduceSearchTree(state, { kind: 'begin', run: begun(id, source) });
    expect(ids(state)).toEqual([0, 2, 3]);
    for (let id = 4; id < 20; id++) state = reduceSearchTree(state, { kind: 'begin', run: begun(id) });
    expect(ids(state)).toEqual(Array.from({ length: MAX_RUNS }, (_, n) => 20 - MAX_RUNS + n));
  });
});

it.each([{}, { kind: 'copy' }, { kind: 'exportJson', run: -1 }, { kind: 'exportSvg', run: 0 }, null])(
  'refuses from the panel %j',
  (value) => {
    expect(FromSearchTree.safeParse(value).success).toBe(false);
  },
);
