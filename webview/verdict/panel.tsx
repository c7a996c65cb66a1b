/** The panel as a whole: what runs, then one card per judged pair. */
import { useLayoutEffect } from 'preact/hooks';
import type { FromPanel, PanelState } from '../../server/protocol/panel.ts';
import { EntryCard } from './entry-card.tsx';
import { Icon } from './icon.tsx';
import { Standings } from './standings.tsx';
import { statusLine } from './words.ts';

export type Post = (message: FromPanel) => void;

export function Panel({ state, post }: { state: PanelState; post: Post }) {
  const isRunning = state.phase === 'running';
  useEscape(isRunning, () => post({ kind: 'cancel' }));
  if (state.phase === 'idle') return <Empty />;
  const failed = state.phase === 'failed' && <Failure message={state.message} />;
  if (failed && state.entries.length === 0) return failed;
  return (
    <>
      <Header state={state} post={post} />
      {failed}
      {isRunning && state.entries.length === 0 && (
        <p class="quiet">The first judgment takes longer than the next ones: the model is loaded for it.</p>
      )}
      {state.ranking && <Standings ranking={state.ranking} />}
      <ol class="entries" aria-label="Judgments">
        {state.entries.map((entry, index) => (
          <EntryCard key={index} entry={entry} index={index} isRunning={isRunning} post={post} />
        ))}
      </ol>
    </>
  );
}

function useEscape(isActive: boolean, action: () => void): void {
  useLayoutEffect(() => {
    if (!isActive) return undefined;
    const listen = ({ key }: KeyboardEvent) => {
      if (key === 'Escape') action();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  });
}

function Empty() {
  return (
    <section class="empty">
      <Icon name="law" />
      <h2>No verdict yet</h2>
      <p>
        Run <strong>Verity: Judge Change</strong> from the Command Palette to have the working tree judged
        against the last commit, or <strong>Verity: Judge Two Files</strong> to compare any two.
      </p>
      <p class="quiet">
        <Icon name="lock" /> The judge runs on this machine. Nothing leaves it.
      </p>
    </section>
  );
}

const Failure = ({ message }: { message: string | undefined }) => (
  <section class="failure" role="alert">
    <Icon name="error" />
    <div>
      <h2>The judge could not finish</h2>
      {message !== undefined && <p class="prose">{message}</p>}
      <p class="quiet">
        <strong>Verity: Why Was Nothing Shown?</strong> in the Command Palette tells how the latest requests
        ended.
      </p>
    </div>
  </section>
);

/** One polite line for screen readers instead of the stream of tokens. */
function Header({ state, post }: { state: PanelState; post: Post }) {
  const isRunning = state.phase === 'running';
  const judged = state.entries.filter(({ judgment }) => judgment !== undefined).length;
  return (
    <header class="header">
      <p role="status">{statusLine(state)}</p>
      {isRunning && (
        <>
          <button type="button" title="Cancel (Escape)" onClick={() => post({ kind: 'cancel' })}>
            Cancel
          </button>
          <progress
            aria-label="Judged"
            max={Math.max(1, state.entries.length)}
            value={state.entries.length > 0 ? judged : undefined}
          />
        </>
      )}
    </header>
  );
}
