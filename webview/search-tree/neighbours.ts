/** Where a key leads to from the selected node. */
import type { Scene } from './draw.ts';
import { childrenAt, type TreeNode } from './tree.ts';

/** Undefined: nowhere, or the key is none of these. */
export function neighbour({ tree, step, selected, path, layout }: Scene, key: string): TreeNode | undefined {
  switch (key) {
    case 'ArrowLeft':
      return selected.parent;
    case 'ArrowRight':
      return childrenAt(selected, step).find((child) => path.has(child)) ?? foremost(selected, step);
    case 'ArrowUp':
      return beside(-1);
    case 'ArrowDown':
      return beside(1);
    case 'Home':
      return tree.root;
    case 'End':
      return endOf(selected, step);
    default:
      return undefined;
  }

  /** The sibling above or below, as they are drawn. */
  function beside(direction: -1 | 1): TreeNode | undefined {
    const siblings = (selected.parent?.children ?? [])
      .filter((node) => node.step <= step)
      .sort((a, b) => layout.points.get(a.id)!.y - layout.points.get(b.id)!.y);
    return siblings[siblings.indexOf(selected) + direction];
  }
}

/** The child that the search went on from, or else the likeliest. */
const foremost = (node: TreeNode, step: number): TreeNode | undefined => {
  const children = childrenAt(node, step);
  return children.find((child) => child.children.some((one) => one.step <= step)) ?? children[0];
};

function endOf(node: TreeNode, step: number): TreeNode {
  let at = node;
  for (let next = foremost(at, step); next !== undefined; next = foremost(at, step)) at = next;
  return at;
}
