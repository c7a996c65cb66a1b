/** Places for a proof's nodes in layers, from premises down to the conclusion. */
import { Graph, layout } from '@dagrejs/dagre';
import type { ProofNode } from './graph.ts';

export interface NodeSize {
  width: number;
  height: number;
  /** Whether there is room for a node's words beside its label. */
  hasText: boolean;
}

export interface Point {
  x: number;
  y: number;
}

export interface PlacedProof {
  width: number;
  height: number;
  size: NodeSize;
  /** Centres of the nodes, in the nodes' order. */
  centres: Point[];
  edges: { from: string; to: string; points: Point[] }[];
}

/** From roomy to bare. */
const SIZES: readonly NodeSize[] = [
  { width: 168, height: 62, hasText: true },
  { width: 116, height: 62, hasText: true },
  { width: 38, height: 28, hasText: false },
];

/** The roomiest layout that fits the width, in pixels; the barest if none does. */
export function placeProof(nodes: readonly ProofNode[], width: number): PlacedProof {
  for (const size of SIZES) {
    const placed = place(nodes, size);
    if (placed.width <= width) return placed;
  }
  return place(nodes, SIZES.at(-1)!);
}

function place(nodes: readonly ProofNode[], size: NodeSize): PlacedProof {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'TB', nodesep: 12, ranksep: 26, edgesep: 8, marginx: 2, marginy: 2 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of nodes) graph.setNode(id, { width: size.width, height: size.height });
  for (const { id, from } of nodes) for (const source of from) graph.setEdge(source, id);
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    width,
    height,
    size,
    centres: nodes.map(({ id }) => {
      const { x, y } = graph.node(id) as Point;
      return { x, y };
    }),
    edges: graph.edges().map((edge) => ({
      from: edge.v,
      to: edge.w,
      points: (graph.edge(edge) as { points: Point[] }).points.map(({ x, y }) => ({ x, y })),
    })),
  };
}
