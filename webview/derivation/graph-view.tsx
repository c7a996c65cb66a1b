/** The proof drawn: premises above, steps below them, the conclusion last. A chosen node shows what it rests on. */
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Deduction } from '../../server/protocol/deduction.ts';
import { type ProofNode, proofGraph, supportOf } from './graph.ts';
import { placeProof, type PlacedProof, type Point } from './layout.ts';
import type { Post } from './panel.tsx';
import { OpenPremise } from './premises.tsx';

interface GraphProps {
  deduction: Deduction;
  question: string;
  /** undefined where premises have no places of their own. */
  post: Post | undefined;
}

export function Graph({ deduction, question, post }: GraphProps) {
  const nodes = useMemo(() => proofGraph(deduction, question), [deduction, question]);
  const [frame, width] = useWidth();
  const placed = useMemo(() => placeProof(nodes, width), [nodes, width]);
  const [chosenId, choose] = useState('conclusion');
  const chosen = nodes.find(({ id }) => id === chosenId) ?? nodes.at(-1)!;
  return (
    <figure class="graph">
      <div ref={frame} class="frame" role="group" aria-label="Proof as a graph">
        <Drawing nodes={nodes} placed={placed} chosen={chosen} choose={choose} />
      </div>
      <figcaption aria-live="polite">
        <Chosen node={chosen} post={post} />
      </figcaption>
    </figure>
  );
}

/** The width that there is for an element's content, in pixels. */
function useWidth() {
  const element = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const measured = element.current!;
    const observer = new ResizeObserver(() => setWidth(measured.clientWidth));
    setWidth(measured.clientWidth);
    observer.observe(measured);
    return () => observer.disconnect();
  }, []);
  return [element, width] as const;
}

interface DrawingProps {
  nodes: readonly ProofNode[];
  placed: PlacedProof;
  chosen: ProofNode;
  choose: (id: string) => void;
}

function Drawing({ nodes, placed: { width, height, size, centres, edges }, chosen, choose }: DrawingProps) {
  const support = supportOf(chosen.id, nodes);
  return (
    <svg width={width} height={height} class={size.hasText ? 'roomy' : 'bare'}>
      <defs>
        <marker id="arrow" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="7" markerHeight="7" orient="auto">
          <path d="M0 0L6 3L0 6Z" />
        </marker>
      </defs>
      {edges.map(({ from, to, points }) => (
        <path
          key={`${from} ${to}`}
          class={support.has(to) ? 'edge lit' : 'edge'}
          d={curve(points)}
          marker-end="url(#arrow)"
        />
      ))}
      {nodes.map((node, index) => (
        <foreignObject
          key={node.id}
          x={centres[index]!.x - size.width / 2}
          y={centres[index]!.y - size.height / 2}
          width={size.width}
          height={size.height}
        >
          <button
            type="button"
            class={`node ${node.kind}${support.has(node.id) ? ' lit' : ''}`}
            aria-pressed={node === chosen}
            title={node.text}
            onClick={() => choose(node.id)}
          >
            <span class="unseen">{node.name}</span>
            <span class="label" aria-hidden="true">
              {node.label}
            </span>
            {size.hasText && (
              <span class="words" aria-hidden="true">
                {node.text}
              </span>
            )}
          </button>
        </foreignObject>
      ))}
    </svg>
  );
}

/** Through the points, bending halfway between them. */
function curve(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let path = `M${first.x} ${first.y}`;
  let last = first;
  for (const point of rest) {
    const middle = (last.y + point.y) / 2;
    path += `C${last.x} ${middle} ${point.x} ${middle} ${point.x} ${point.y}`;
    last = point;
  }
  return path;
}

/** The chosen node in full: in a narrow panel the drawing has no room for words. */
const Chosen = ({ node, post }: { node: ProofNode; post: Post | undefined }) => (
  <>
    <span class="label">{node.label}</span>
    <div>
      <p>{node.kind === 'step' ? <code>{node.text}</code> : node.text}</p>
      {node.formal !== null && (
        <p>
          <code>{node.formal}</code>
        </p>
      )}
    </div>
    {node.kind === 'premise' && post !== undefined && <OpenPremise number={Number(node.label)} post={post} />}
  </>
);
