/** One search: its tree at a step, the node that is selected, and what came of it. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { SearchRun } from '../../server/protocol/search-tree-panel.ts';
import { Counters } from './counters.tsx';
import { Details } from './details.tsx';
import type { Scene } from './draw.ts';
import { Graph, type GraphHandle } from './graph.tsx';
import { layoutOf } from './layout.ts';
import { Legend } from './legend.tsx';
import { Outcome } from './outcome.tsx';
import type { Asked, Post } from './panel.tsx';
import { Steps } from './steps.tsx';
import { Toolbar, type View } from './toolbar.tsx';
import { bestAt, pathText, pathTo, treeOf, type TreeNode } from './tree.ts';
import { TreeList } from './tree-list.tsx';
import { runTitle } from './words.ts';

interface RunViewProps {
  run: SearchRun;
  asked: Asked | undefined;
  post: Post;
}

export function RunView({ run, asked, post }: RunViewProps) {
  const tree = useMemo(() => treeOf(run), [run.steps]);
  const layout = useMemo(() => layoutOf(tree), [tree]);
  /** Undefined: the last one, also while the tree grows. */
  const [chosenStep, chooseStep] = useState<number>();
  /** Undefined: the end of the best path. */
  const [chosenNode, chooseNode] = useState<number>();
  const [view, setView] = useState<View>('graph');
  const graph = useRef<GraphHandle | null>(null);
  const last = Math.max(0, tree.stepCount - 1);
  const step = Math.min(chosenStep ?? last, last);
  const chosen = chosenNode === undefined ? undefined : tree.nodes.get(chosenNode);
  const best = bestAt(tree, step, run);
  const selected = chosen !== undefined && chosen.step <= step ? chosen : best;

  useEffect(() => {
    if (asked === undefined) return;
    chooseStep(undefined);
    chooseNode(asked.node);
  }, [asked]);

  const path = useMemo(() => new Set(pathTo(selected)), [selected]);
  const scene: Scene = { tree, layout, step, path, selected, hovered: undefined };
  const select = (node: TreeNode) => chooseNode(node.id);
  // Of a whole completion the server knows better: characters may be made of several tokens.
  const completion = run.result?.completions.find(({ node }) => node === selected.id);
  const text = completion?.text ?? pathText(selected);
  const copy = () => post({ kind: 'copy', text });
  if (tree.stepCount === 0) return <Outcome run={run} tree={tree} onSelect={select} />;
  return (
    <>
      <Outcome run={run} tree={tree} onSelect={select} />
      <Toolbar
        view={view}
        onView={setView}
        isFollowing={chosen === undefined}
        onFollow={() => chooseNode(chosen === undefined ? best.id : undefined)}
        graph={graph}
        onCopy={copy}
        onExportJson={() => post({ kind: 'exportJson', run: run.id })}
        onExportSvg={() => {
          const svg = graph.current?.svg(runTitle(run));
          if (svg !== undefined) post({ kind: 'exportSvg', run: run.id, svg });
        }}
      />
      {view === 'graph' ? (
        <Graph handle={graph} scene={scene} onSelect={select} onCopy={copy} />
      ) : (
        <TreeList tree={tree} step={step} selected={selected} onSelect={select} onCopy={copy} />
      )}
      <Steps step={step} last={last} isGrowing={run.phase === 'growing'} onStep={chooseStep} />
      <Legend rewards={tree.rewards} />
      <Details node={selected} text={text} step={step} prompt={run.prompt} isBest={selected === best} />
      <Counters run={run} step={step} />
    </>
  );
}
