/** Several candidates, strongest first: what each comparison came to, and how far their strengths can be told apart. */
import type { Standing } from '../../server/protocol/judgment.ts';
import { record } from './words.ts';

/** The plot in its own units. */
const WIDTH = 100;
const HEIGHT = 12;

export function Standings({ ranking }: { ranking: readonly Standing[] }) {
  const low = Math.min(...ranking.map(({ interval }) => interval[0]));
  const high = Math.max(...ranking.map(({ interval }) => interval[1]));
  const across = (strength: number) => 2 + ((WIDTH - 4) * (strength - low)) / Math.max(high - low, 1e-9);
  return (
    <table class="standings">
      <caption>Ranking</caption>
      <thead>
        <tr>
          <th scope="col">Version</th>
          <th scope="col">Result</th>
          <th
            scope="col"
            title="Bradley–Terry, with 95 % intervals: where they overlap, the order is not certain."
          >
            Strength
          </th>
        </tr>
      </thead>
      <tbody>
        {ranking.map((standing, place) => (
          <tr key={standing.index} class={place === 0 ? 'best' : undefined}>
            <th scope="row">
              {place + 1}. {standing.candidate}
            </th>
            <td>{record(standing)}</td>
            <td>
              <Interval standing={standing} across={across} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface IntervalProps {
  standing: Standing;
  across: (strength: number) => number;
}

const Interval = ({ standing: { strength, interval }, across }: IntervalProps) => {
  const [from, to] = interval.map((bound) => bound.toFixed(1));
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`Strength ${strength.toFixed(1)}, between ${from} and ${to}`}
    >
      <path d={`M${across(interval[0])} ${HEIGHT / 2}H${across(interval[1])}`} />
      <circle cx={across(strength)} cy={HEIGHT / 2} r="3" />
    </svg>
  );
};
