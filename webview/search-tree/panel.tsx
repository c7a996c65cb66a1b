/** The panel as a whole: which search is shown, its tree, and beside it another one to compare. */
import { useEffect, useState } from 'preact/hooks';
import type { FromSearchTree, SearchRun, SearchTreeState } from '../../server/protocol/search-tree-panel.ts';
import { Icon } from '../shared/icon.tsx';
import { Comparison } from './comparison.tsx';
import { RunView } from './run-view.tsx';
import { runTitle, statusLine } from './words.ts';

export type Post = (message: FromSearchTree) => void;

/** A node that somebody outside the panel wants to be shown. */
export interface Asked {
  run: number;
  node: number;
}

interface PanelProps {
  state: SearchTreeState;
  asked: Asked | undefined;
  post: Post;
}

export function Panel({ state: { runs }, asked, post }: PanelProps) {
  const [chosen, choose] = useState<number>();
  const [compared, compare] = useState<number>();
  useEffect(() => {
    if (asked !== undefined) choose(asked.run);
  }, [asked]);
  const run = runs.find(({ id }) => id === chosen) ?? runs.at(-1);
  if (run === undefined) return <Empty />;
  const other = runs.find(({ id }) => id === compared && id !== run.id);
  return (
    <>
      <Header run={run} post={post} />
      {runs.length > 1 && (
        <div class="choices">
          <RunChoice
            label="Search"
            runs={runs}
            value={run.id}
            // The newest is followed: the next search shows as soon as it begins.
            onChoose={(id) => choose(id === runs.at(-1)!.id ? undefined : id)}
          />
          <RunChoice
            label="Compare with"
            runs={runs.filter(({ id }) => id !== run.id)}
            value={other?.id}
            none="nothing"
            onChoose={compare}
          />
        </div>
      )}
      {other !== undefined && <Comparison a={run} b={other} />}
      <RunView key={run.id} run={run} asked={asked?.run === run.id ? asked : undefined} post={post} />
      {other !== undefined && (
        <section class="other">
          <h2>Compared with: {runTitle(other)}</h2>
          <RunView key={other.id} run={other} asked={undefined} post={post} />
        </section>
      )}
    </>
  );
}

function Empty() {
  return (
    <section class="empty">
      <Icon name="type-hierarchy-sub" />
      <h2>No search yet</h2>
      <p>
        Run <strong>Verity: Complete Safely</strong> from the Command Palette, or turn safe completions on
        with the shield in the status bar. The tree of continuations that the search weighs grows here.
      </p>
      <p class="quiet">
        <Icon name="lock" /> The models run on this machine. Nothing leaves it.
      </p>
    </section>
  );
}

/** One polite line for screen readers instead of the growing tree. */
const Header = ({ run, post }: { run: SearchRun; post: Post }) => (
  <header class="header">
    <p role="status">{statusLine(run)}</p>
    {run.phase === 'growing' && (
      <button type="button" onClick={() => post({ kind: 'cancel' })}>
        Cancel
      </button>
    )}
  </header>
);

interface RunChoiceProps {
  label: string;
  runs: readonly SearchRun[];
  value: number | undefined;
  /** How no run at all is called, where that can be chosen. */
  none?: string;
  onChoose: (id: number | undefined) => void;
}

const RunChoice = ({ label, runs, value, none, onChoose }: RunChoiceProps) => (
  <label class="choice">
    <span class="quiet">{label}</span>
    <select
      aria-label={label}
      value={value ?? ''}
      onChange={({ currentTarget: { value: id } }) => onChoose(id === '' ? undefined : Number(id))}
    >
      {none !== undefined && <option value="">{none}</option>}
      {runs.toReversed().map((run) => (
        <option key={run.id} value={run.id}>
          {run.id + 1}: {runTitle(run)}
        </option>
      ))}
    </select>
  </label>
);
