/** The panel as a whole: what runs, then one card per judged pair. */
import type { FromPanel, PanelState } from '../../server/protocol/panel.ts';
import { EntryCard } from './entry-card.tsx';
import { Icon } from './icon.tsx';

export type Post = (message: FromPanel) => void;

export function Panel({ state, post }: { state: PanelState; post: Post }) {
  if (state.phase === 'idle') return <Empty />;
  return (
    <>
      <Header state={state} post={post} />
      {state.message !== undefined && (
        <p class="message" role="alert">
          <Icon name="warning" /> {state.message}
        </p>
      )}
      <ol class="entries" aria-label="Judgments">
        {state.entries.map((entry, index) => (
          <EntryCard
            key={entry.title}
            entry={entry}
            index={index}
            running={state.phase === 'running'}
            post={post}
          />
        ))}
      </ol>
    </>
  );
}

function Empty() {
  return (
    <section class="empty">
      <Icon name="law" />
      <h2>No verdict yet</h2>
      <p>
        Run <strong>Verity: Judge Change</strong> from the command palette to have the working tree judged
        against the last commit, or <strong>Verity: Judge Two Files</strong> to compare any two.
      </p>
      <p class="quiet">The judge runs on this machine. Nothing leaves it.</p>
    </section>
  );
}

/** One polite line for screen readers instead of the stream of tokens. */
function Header({ state, post }: { state: PanelState; post: Post }) {
  const judged = state.entries.filter(({ judgment }) => judgment !== undefined).length;
  const running = state.phase === 'running';
  return (
    <header class="header">
      <p role="status" aria-live="polite">
        {running && <Icon name="loading" spin />}
        {running && state.entries.length === 0
          ? 'Starting the judge…'
          : `${judged} of ${state.entries.length} judged`}
      </p>
      {running && (
        <button type="button" onClick={() => post({ kind: 'cancel' })}>
          Cancel
        </button>
      )}
    </header>
  );
}
