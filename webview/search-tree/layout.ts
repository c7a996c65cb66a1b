/** Where each node of a tree stands: depth to the right, subtrees packed close together (Reingold and Tilford). */
import { hierarchy, tree as tidyTree } from 'd3-hierarchy';
import type { Tree, TreeNode } from './tree.ts';

export interface Point {
  x: number;
  y: number;
}

export interface Layout {
  /** By a node's id. */
  points: Map<number, Point>;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Of a token's column, and of one leaf under another, in pixels at scale 1. */
export const COLUMN = 92;
export const ROW = 17;

/** Of the whole tree, whatever step is shown: nothing moves while it is replayed. */
export function layoutOf({ root }: Tree): Layout {
  const laid = tidyTree<TreeNode>()
    .nodeSize([ROW, COLUMN])
    .separation((a, b) => (a.parent === b.parent ? 1 : 1.4))(hierarchy(root, ({ children }) => children));
  const layout: Layout = { points: new Map(), left: 0, right: 0, top: 0, bottom: 0 };
  // d3 lays trees out from the top down.
  laid.each(({ data, x: y, y: x }) => {
    layout.points.set(data.id, { x, y });
    layout.right = Math.max(layout.right, x);
    layout.top = Math.min(layout.top, y);
    layout.bottom = Math.max(layout.bottom, y);
  });
  return layout;
}

/** The node nearest to a point, if one is within reach. */
export function nodeNear(
  { nodes }: Tree,
  { points }: Layout,
  { x, y }: Point,
  reach: number,
  isShown: (node: TreeNode) => boolean,
): TreeNode | undefined {
  let nearest: TreeNode | undefined;
  let least = reach ** 2;
  for (const node of nodes.values()) {
    const point = points.get(node.id)!;
    const distance = (point.x - x) ** 2 + (point.y - y) ** 2;
    if (distance > least || !isShown(node)) continue;
    nearest = node;
    least = distance;
  }
  return nearest;
}
