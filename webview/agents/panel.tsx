/** The panel as a whole: the problem, a lane per agent, the answer, and behind it what was thought and what it cost. */
import { useLayoutEffect, useState } from 'preact/hooks';
import type { AgentsState, FromAgents } from '../../server/protocol/agents-panel.ts';
import { Icon } from '../shared/icon.tsx';
import { Answer } from './answer.tsx';
import { Comparison } from './comparison.tsx';
import { type Chosen, Inspector } from './inspector.tsx';
import { LaneCard } from './lane-card.tsx';
import { Trajectories } from './trajectories.tsx';
import { statusLine } from './words.ts';

export type Post = (message: FromAgents) => void;

export function Panel({ state, post }: { state: AgentsState; post: Post }) {
  const { phase, lanes, result, problem } = state;
  const isRunning = phase === 'running';
  const [chosen, choose] = useState<Chosen>({ agent: 0, step: 0 });
  useEscape(isRunning, () => post({ kind: 'cancel' }));
  if (phase === 'empty') return <Empty />;
  const thinking = lanes.filter(({ steps }) => steps.length > 0);
  return (
    <>
      <Header state={state} post={post} />
      {phase === 'failed' && <Failure message={state.message} />}
      {problem && <Problem problem={problem} post={post} />}
      {lanes.length > 0 && (
        <ol class="lanes" aria-label="Agents">
          {lanes.map((lane, place) => (
            <LaneCard
              key={lane.agent}
              lane={lane}
              isRunning={isRunning}
              isLast={phase === 'answered' && place === lanes.length - 1}
              answer={result?.answer}
            />
          ))}
        </ol>
      )}
      {result && (
        <Answer result={result} use={state.use} isCompared={result.baselines.length > 0} post={post} />
      )}
      {result && result.baselines.length > 0 && <Comparison result={result} />}
      {thinking.length > 0 && (
        <section class="latent" aria-label="Latent steps">
          <h2>In latent space</h2>
          {result && <Trajectories lanes={thinking} trajectories={result.trajectories} chosen={chosen} />}
          <Inspector lanes={thinking} chosen={chosen} choose={choose} />
        </section>
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

function Empty() {
  return (
    <section class="empty">
      <Icon name="organization" />
      <h2>No team at work</h2>
      <p>
        Select code, or set the cursor on a comment or a problem, and run{' '}
        <strong>Verity: Solve with Agents…</strong> You see what the team reads before it starts, and nothing
        is changed that you do not accept.
      </p>
      <p class="quiet">
        <Icon name="lock" /> The agents run on this machine. Nothing leaves it.
      </p>
    </section>
  );
}

const Failure = ({ message }: { message: string | undefined }) => (
  <section class="failure" role="alert">
    <Icon name="error" />
    <div>
      <h2>The team could not finish</h2>
      {message !== undefined && <p class="prose">{message}</p>}
      <p class="quiet">
        <strong>Verity: Why Was Nothing Shown?</strong> in the Command Palette tells how the latest requests
        ended.
      </p>
    </div>
  </section>
);

function Problem({ problem, post }: { problem: NonNullable<AgentsState['problem']>; post: Post }) {
  return (
    <section class="problem" aria-label="Problem">
      <button type="button" class="link" onClick={() => post({ kind: 'open' })}>
        <Icon name="go-to-file" />
        <span>{problem.title}</span>
      </button>
      <p class="prose">{problem.ask}</p>
      {problem.context.length > 0 && (
        <details>
          <summary>What the team read beside the code</summary>
          <ul>
            {problem.context.map((item) => (
              <li key={item}>{item}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

/** One polite line for screen readers instead of the stream of steps. */
function Header({ state, post }: { state: AgentsState; post: Post }) {
  return (
    <header class="header">
      <p role="status">{statusLine(state)}</p>
      {state.phase === 'running' && (
        <>
          <button type="button" title="Cancel (Escape)" onClick={() => post({ kind: 'cancel' })}>
            Cancel
          </button>
          <progress aria-label="The team is at work" />
        </>
      )}
    </header>
  );
}
