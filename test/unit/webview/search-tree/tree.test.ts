/** A search's tree, put together from its steps, at any of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutOf, nodeNear } from '../../../../webview/search-tree/layout.ts';
import { neighbour } from '../../../../webview/search-tree/neighbours.ts';
import {
  bestAt,
  childrenAt,
  pathReward,
  pathText,
  pathTo,
  stateAt,
  treeOf,
} from '../../../../webview/search-tree/tree.ts';
import {
  centred,
  fitted,
  revealing,
  toLayout,
  toScreen,
  zoomed,
} from '../../../../webview/search-tree/viewport.ts';
import { madeUpSearch, nodesOf, searchRun } from '../../protocol/searches.ts';

const RUN = searchRun({ budget: 4, breadth: 5, steps: 24, seed: 3 });
const TREE = treeOf(RUN);

describe('treeOf', () => {
  it('has every node that was told, under its parent', () => {
    expect(TREE.nodes.size).toBe(nodesOf(RUN));
    for (const { added } of RUN.steps)
      for (const told of added) {
        const node = TREE.nodes.get(told.id)!;
        expect(node.parent!.id).toBe(told.parent);
        expect(node.parent!.children).toContain(node);
      }
  });

  it('knows each node’s state after each step, as it was told', () => {
    const states = new Map<number, string>([[0, 'kept']]);
    for (const [step, { added, changed }] of RUN.steps.entries()) {
      for (const { id, state } of [...added, ...changed]) states.set(id, state);
      for (const node of TREE.nodes.values()) expect(stateAt(node, step)).toBe(states.get(node.id));
    }
    expect(RUN.steps.some(({ changed }) => changed.length > 0)).toBe(true);
  });

  it('leaves the unseen out of the scale and of a path’s reward', () => {
    const [step] = RUN.steps;
    const unseen = {
      ...step!.added[0]!,
      id: 900,
      state: 'unseen' as const,
      reward: -1024,
      parent: step!.added[0]!.id,
    };
    const tree = treeOf({ steps: [{ ...step!, added: [step!.added[0]!, unseen] }] });
    expect(tree.rewards).toEqual({ min: step!.added[0]!.reward, max: step!.added[0]!.reward });
    expect(pathReward(tree.nodes.get(900)!)).toBe(step!.added[0]!.reward);
  });

  it('loses nothing to steps out of order, twice, or without their parents', () => {
    const node = { ...RUN.steps[0]!.added[0]!, id: 5, parent: 77 };
    const step = { ...RUN.steps[0]!, added: [node, node] };
    const tree = treeOf({ steps: [step, { ...step, changed: [{ id: 99, state: 'kept' }] }] });
    expect(tree.nodes.size).toBe(2);
    expect(tree.nodes.get(5)!.parent).toBe(tree.root);
  });
});

describe('the best path', () => {
  it('ends where the search has answered, once it has', () => {
    const answer = RUN.result!.completions[0]!;
    const best = bestAt(TREE, TREE.stepCount - 1, RUN);
    expect([best.id, pathText(best)]).toEqual([answer.node, answer.text]);
    expect(pathReward(best)).toBeCloseTo(answer.reward!, 10);
  });

  it('before is the best of those that go on', () => {
    const best = bestAt(TREE, 3, RUN);
    const live = RUN.steps[3]!.live.map((id) => pathReward(TREE.nodes.get(id)!));
    expect(pathReward(best)).toBe(Math.max(...live));
  });

  it('is the prompt before anything was found', () => {
    expect(bestAt(treeOf({ steps: [] }), 0, {}).id).toBe(0);
  });
});

describe('keys', () => {
  const scene = (id: number, step = TREE.stepCount - 1) => {
    const selected = TREE.nodes.get(id)!;
    const layout = layoutOf(TREE);
    return { tree: TREE, layout, step, selected, path: new Set(pathTo(selected)), hovered: undefined };
  };

  it('lead to the parent, back to the child, to siblings in the order in which they are drawn', () => {
    const child = TREE.root.children[1]!;
    expect(neighbour(scene(child.id), 'ArrowLeft')).toBe(TREE.root);
    const drawn = TREE.root.children.toSorted(
      (a, b) => layoutOf(TREE).points.get(a.id)!.y - layoutOf(TREE).points.get(b.id)!.y,
    );
    expect(drawn.length).toBeGreaterThan(2);
    expect(neighbour(scene(drawn[0]!.id), 'ArrowDown')).toBe(drawn[1]);
    expect(neighbour(scene(drawn[1]!.id), 'ArrowUp')).toBe(drawn[0]);
    expect(neighbour(scene(drawn[0]!.id), 'ArrowUp')).toBeUndefined();
    expect(neighbour(scene(0), 'ArrowLeft')).toBeUndefined();
    expect(neighbour(scene(0), 'x')).toBeUndefined();
  });

  it('reach nothing that was found later than the step', () => {
    for (const node of TREE.nodes.values())
      for (const key of ['ArrowRight', 'ArrowUp', 'ArrowDown', 'End'])
        if (node.step <= 2) expect(neighbour(scene(node.id, 2), key)?.step ?? 0).toBeLessThanOrEqual(2);
    expect(childrenAt(TREE.root, -1)).toEqual([]);
  });
});

describe('the layout', () => {
  it('has a column for each depth, and no two nodes in one place (property)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 8 }), (seed, budget) => {
        const tree = treeOf(madeUpSearch({ budget, breadth: 6, steps: 10, seed }));
        const { points } = layoutOf(tree);
        const columns = new Map<number, Set<number>>();
        const places = new Set<string>();
        for (const node of tree.nodes.values()) {
          const { x, y } = points.get(node.id)!;
          columns.set(node.depth, (columns.get(node.depth) ?? new Set()).add(x));
          places.add(`${x} ${Math.round(y)}`);
        }
        expect([...columns.values()].every((xs) => xs.size === 1)).toBe(true);
        expect(places.size).toBe(tree.nodes.size);
      }),
      { numRuns: 30 },
    );
  });

  it('finds the node under a point, if it is shown and within reach', () => {
    const layout = layoutOf(TREE);
    const node = [...TREE.nodes.values()].at(-1)!;
    const point = layout.points.get(node.id)!;
    const at = { x: point.x + 3, y: point.y - 2 };
    expect(nodeNear(TREE, layout, at, 8, () => true)).toBe(node);
    expect(nodeNear(TREE, layout, at, 8, (one) => one !== node)).not.toBe(node);
    expect(nodeNear(TREE, layout, { x: point.x + 40, y: point.y }, 8, () => true)).toBeUndefined();
  });
});

describe('the viewport', () => {
  const size = { width: 400, height: 300 };
  const inside = ({ x, y }: { x: number; y: number }) =>
    x >= 0 && x <= size.width && y >= 0 && y <= size.height;

  it('shows all when fitted, however large the tree', () => {
    const layout = layoutOf(treeOf(madeUpSearch({ budget: 16, breadth: 9, steps: 40, seed: 5 })));
    const viewport = fitted(layout, size);
    expect([...layout.points.values()].every((point) => inside(toScreen(viewport, point)))).toBe(true);
    expect(fitted({ ...layout, right: 0, top: 0, bottom: 0 }, size).scale).toBe(1);
  });

  it('zooms about a point, which stays', () => {
    const viewport = { scale: 0.5, x: 30, y: -20 };
    const at = { x: 120, y: 80 };
    const before = toLayout(viewport, at);
    const after = toLayout(zoomed(viewport, 1.7, at), at);
    expect(after.x).toBeCloseTo(before.x);
    expect(after.y).toBeCloseTo(before.y);
  });

  it('reveals what is outside, and does not move for what is inside', () => {
    const viewport = { scale: 1, x: 0, y: 0 };
    expect(revealing(viewport, { x: 150, y: 150 }, size)).toEqual(viewport);
    for (const point of [
      { x: 5000, y: -900 },
      { x: -70, y: 800 },
    ]) {
      expect(inside(toScreen(revealing(viewport, point, size), point))).toBe(true);
      expect(inside(toScreen(centred(0.7, point, size), point))).toBe(true);
    }
  });
});
