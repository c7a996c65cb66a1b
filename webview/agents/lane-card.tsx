/** One agent: what it has done, what that cost, and how much of it came through to the answer. */
import type { Lane } from '../../server/protocol/agents-panel.ts';
import { Icon } from '../shared/icon.tsx';
import { agreement } from './agreement.ts';
import { facts, laneColor, seconds } from './words.ts';

/** Only the end is in view, so only the end is drawn. */
const TAIL = 4000;

interface LaneProps {
  lane: Lane;
  isRunning: boolean;
  /** Whether it wrote the answer. */
  isLast: boolean;
  answer: string | undefined;
}

export function LaneCard({ lane, isRunning, isLast, answer }: LaneProps) {
  const { role, report, steps, text, agent } = lane;
  const isAtWork = isRunning && report === undefined;
  const state = isAtWork ? 'loading' : report === undefined ? 'circle-slash' : 'check';
  return (
    <li class={`lane ${laneColor(agent)}`} aria-busy={isAtWork}>
      <div class="lane-head">
        <h3>
          <Icon name={state} spin={isAtWork} /> {role}
        </h3>
        {report && <span class="quiet">{seconds(report.ms)}</span>}
      </div>
      {steps.length > 0 && <Sureness steps={steps} role={role} />}
      {report ? (
        <p class="quiet facts">{facts(report).join(' · ')}</p>
      ) : (
        !isRunning && <p class="quiet facts">Not finished</p>
      )}
      {isLast ? (
        <p class="quiet facts">Wrote the answer</p>
      ) : (
        answer !== undefined && <Agreement lane={lane} answer={answer} />
      )}
      {text !== '' && !isLast && <Written text={text} role={role} isAtWork={isAtWork} />}
    </li>
  );
}

/** The plot in its own units: bars of one width, however many. */
const BAR = 4;
const HEIGHT = 20;

/** A bar per latent step, the higher the surer the head is of a token there. */
function Sureness({ steps, role }: Pick<Lane, 'steps' | 'role'>) {
  const most = Math.max(...steps.map(({ entropy }) => entropy), 1e-9);
  const [first, last] = [steps[0]!, steps.at(-1)!];
  const label = `Latent steps of ${role}: entropy ${first.entropy.toFixed(2)} at first, ${last.entropy.toFixed(2)} at last`;
  return (
    <svg
      class="sureness"
      viewBox={`0 0 ${BAR * Math.max(steps.length, 10)} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      {steps.map(({ step, entropy }, index) => {
        const height = HEIGHT * (1 - 0.9 * (entropy / most));
        return <rect key={step} x={BAR * index} y={HEIGHT - height} width={BAR - 1} height={height} />;
      })}
    </svg>
  );
}

function Agreement({ lane, answer }: { lane: Lane; answer: string }) {
  const found = agreement(lane, answer);
  if (found === undefined) return null;
  const words = `${found.shared} of ${found.of} ${found.of === 1 ? 'word' : 'words'} in the answer`;
  return (
    <p
      class="agreement"
      title="Words that it wrote, or that the head reads first in its latent steps, and that stand in the answer too. It shows what came through, not that it is right."
    >
      <meter min={0} max={found.of} value={found.shared} aria-label="Agreement" aria-valuetext={words} />
      <span>{words}</span>
    </p>
  );
}

function Written({ text, role, isAtWork }: { text: string; role: string; isAtWork: boolean }) {
  const shown = (
    <div class="written" tabIndex={0} role="region" aria-label={`${role}, as written`}>
      <pre>{text.slice(-TAIL)}</pre>
    </div>
  );
  if (isAtWork) return shown;
  return (
    <details>
      <summary>What it wrote</summary>
      {shown}
    </details>
  );
}
