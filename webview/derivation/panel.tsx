/** The panel as a whole: what was asked, what came of it, and from what. */
import { useLayoutEffect } from 'preact/hooks';
import type { DerivationState, FromDerivation, Inquiry } from '../../server/protocol/derivation-panel.ts';
import { Icon } from '../shared/icon.tsx';
import { Reading } from './reading.tsx';
import { Result } from './result.tsx';
import { statusLine } from './words.ts';

export type Post = (message: FromDerivation) => void;

export function Panel({ state, post }: { state: DerivationState; post: Post }) {
  const { phase, inquiry, deduction, message } = state;
  const isRunning = phase === 'running';
  useEscape(isRunning, () => post({ kind: 'cancel' }));
  if (phase === 'empty' || inquiry === undefined) return <Empty />;
  return (
    <>
      <Header state={state} post={post} />
      <Question inquiry={inquiry} post={post} />
      {phase === 'failed' && <Failure message={message} />}
      {deduction === undefined ? (
        <Reading state={state} inquiry={inquiry} />
      ) : (
        // Another question begins with nothing chosen.
        <Result key={inquiry.title + inquiry.question} deduction={deduction} inquiry={inquiry} post={post} />
      )}
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

const Empty = () => (
  <section class="empty">
    <Icon name="type-hierarchy" />
    <h2>Nothing asked yet</h2>
    <p>
      Select some statements and run <strong>Verity: Does This Follow?</strong> from the Command Palette. In
      code, <strong>Verity: Does This Condition Always Hold?</strong> asks about the condition at the cursor.
    </p>
    <p>What the statements do not settle is left open, and you see why.</p>
    <p class="quiet">
      <Icon name="lock" /> Model and solver run on this machine. Nothing leaves it.
    </p>
  </section>
);

/** One polite line for screen readers. A result that stands below in full needs no second line for the eye. */
function Header({ state, post }: { state: DerivationState; post: Post }) {
  const isRunning = state.phase === 'running';
  const count = state.inquiry?.premises.length ?? 0;
  return (
    <header class={state.deduction === undefined ? 'header' : 'unseen'}>
      <p role="status">{statusLine(state)}</p>
      {isRunning && (
        <>
          <button type="button" title="Cancel (Escape)" onClick={() => post({ kind: 'cancel' })}>
            Cancel
          </button>
          <progress
            aria-label="Premises read"
            max={Math.max(1, count)}
            value={count > 0 && state.read.length < count ? state.read.length : undefined}
          />
        </>
      )}
    </header>
  );
}

const Question = ({ inquiry: { title, question }, post }: { inquiry: Inquiry; post: Post }) => (
  <section class="question">
    <h2>{question}</h2>
    <button
      type="button"
      class="link"
      title="Show the question in the editor"
      onClick={() => post({ kind: 'openQuestion' })}
    >
      {title}
    </button>
  </section>
);

const Failure = ({ message }: { message: string | undefined }) => (
  <section class="failure" role="alert">
    <Icon name="error" />
    <div>
      <h2>The question could not be asked</h2>
      {message !== undefined && <p class="prose">{message}</p>}
      <p class="quiet">
        <strong>Verity: Why Was Nothing Shown?</strong> in the Command Palette tells how the latest requests
        ended.
      </p>
    </div>
  </section>
);
