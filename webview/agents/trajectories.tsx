/** Latent vectors on the plane of their two main components: how each agent's thinking moves, step by step. */
import type { Lane } from '../../server/protocol/agents-panel.ts';
import type { Solution } from '../../server/protocol/solution.ts';
import type { Chosen } from './inspector.tsx';
import { counted, laneColor } from './words.ts';

/** The plot in its own units. */
const WIDTH = 320;
const HEIGHT = 200;
const MARGIN = 14;

type Point = [number, number];

interface TrajectoriesProps {
  lanes: readonly Lane[];
  trajectories: Solution['trajectories'];
  chosen: Chosen;
}

export function Trajectories({ lanes, trajectories, chosen }: TrajectoriesProps) {
  const drawn = lanes.filter(({ agent }) => (trajectories[agent]?.length ?? 0) > 0);
  if (drawn.length === 0) return null;
  const place = fit(drawn.flatMap(({ agent }) => trajectories[agent]!));
  return (
    <figure class="trajectories">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={describe(drawn, trajectories)}>
        <rect class="frame" x="0.5" y="0.5" width={WIDTH - 1} height={HEIGHT - 1} rx="4" />
        {drawn.map(({ agent }) => (
          <Trajectory
            key={agent}
            agent={agent}
            points={trajectories[agent]!.map(place)}
            chosenStep={agent === chosen.agent ? chosen.step : undefined}
          />
        ))}
      </svg>
      <figcaption>
        <ul class="legend">
          {drawn.map(({ agent, role }) => (
            <li key={agent} class={laneColor(agent)}>
              <svg viewBox="0 0 24 10" aria-hidden="true">
                <path class="line" d="M2 5H22" />
                <circle class="start" cx="4" cy="5" r="3" />
              </svg>
              {role}
            </li>
          ))}
        </ul>
        <p class="quiet facts">
          Two main components of the latent vectors. An open circle is an agent’s first step, a filled one its
          last. Distances on a plane leave out what the other components hold.
        </p>
      </figcaption>
    </figure>
  );
}

interface TrajectoryProps {
  agent: number;
  points: Point[];
  chosenStep: number | undefined;
}

function Trajectory({ agent, points, chosenStep }: TrajectoryProps) {
  const [first, last] = [points[0]!, points.at(-1)!];
  const chosen = chosenStep === undefined ? undefined : points[Math.min(chosenStep, points.length - 1)];
  return (
    <g class={`trajectory ${laneColor(agent)}`}>
      <polyline class="line" points={points.map((point) => point.join(',')).join(' ')} />
      {points.map(([x, y], index) => (
        <circle key={index} class="point" cx={x} cy={y} r="1.6" />
      ))}
      <circle class="start" cx={first[0]} cy={first[1]} r="4" />
      <circle class="end" cx={last[0]} cy={last[1]} r="4" />
      {chosen && <circle class="chosen-point" cx={chosen[0]} cy={chosen[1]} r="7.5" />}
    </g>
  );
}

/** One scale for both axes: a stretched plane would show distances that are not there. */
function fit(points: readonly Point[]): (point: Point) => Point {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = Math.min(
    (WIDTH - 2 * MARGIN) / Math.max(right - left, 1e-9),
    (HEIGHT - 2 * MARGIN) / Math.max(high - low, 1e-9),
  );
  const rounded = (value: number) => Math.round(10 * value) / 10;
  return ([x, y]) => [
    rounded(WIDTH / 2 + scale * (x - (left + right) / 2)),
    rounded(HEIGHT / 2 - scale * (y - (low + high) / 2)),
  ];
}

const describe = (lanes: readonly Lane[], trajectories: Solution['trajectories']): string =>
  `Latent trajectories on a plane. ${lanes
    .map(({ agent, role }) => `${role}: ${counted(trajectories[agent]!.length, 'step')}`)
    .join('; ')}. The table below has each step.`;
