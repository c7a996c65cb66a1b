/** What the confidence is worth: how often verdicts were right that the judge was as sure of, as a plot and a table. */
import type { Calibration, ReliabilityBin } from '../../server/protocol/judgment.ts';
import { Folded } from './folded.tsx';
import { percent } from './words.ts';

/** The plot in its own units, with room at the left and below for what the axes say. */
const SIZE = 100;
const MARGIN = { left: 34, bottom: 24, around: 6 };
const RADIUS = { least: 1.5, most: 5 };

export const Reliability = ({ calibration }: { calibration: Calibration }) => (
  <Folded title="How often such verdicts are right">
    <div class="reliability">
      <Plot bins={calibration.bins} />
      <table>
        <caption class="quiet">
          Measured on {calibration.judgments} judgments: {calibration.data}. Temperature{' '}
          {calibration.temperature.toFixed(2)}.
        </caption>
        <thead>
          <tr>
            <th scope="col">Sure</th>
            <th scope="col">Right</th>
            <th scope="col">Judgments</th>
          </tr>
        </thead>
        <tbody>
          {calibration.bins.map(({ from, confidence, right, count }) => (
            <tr key={from}>
              <td>{percent(confidence)}</td>
              <td>{percent(right)}</td>
              <td>{count}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </Folded>
);

/** Confidence to the right, share right upwards; on the diagonal the judge is as often right as it says. */
function Plot({ bins }: { bins: ReliabilityBin[] }) {
  // The better half of a choice between two begins at a half; what lies below is rare.
  const low = Math.min(0.5, ...bins.map(({ from }) => from));
  const across = (share: number) => MARGIN.left + (SIZE * (share - low)) / (1 - low);
  const up = (share: number) => MARGIN.around + SIZE * (1 - share);
  const largest = Math.max(...bins.map(({ count }) => count));
  const radius = (count: number) => RADIUS.least + (RADIUS.most - RADIUS.least) * Math.sqrt(count / largest);
  const [width, height] = [MARGIN.left + SIZE + MARGIN.around, MARGIN.around + SIZE + MARGIN.bottom];
  return (
    <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={describe(bins)}>
      <path class="axis" d={`M${across(low)} ${up(1)}V${up(0)}H${across(1)}`} />
      <path class="ideal" d={`M${across(low)} ${up(low)}L${across(1)} ${up(1)}`} />
      <polyline
        points={bins.map(({ confidence, right }) => `${across(confidence)},${up(right)}`).join(' ')}
      />
      {bins.map(({ from, confidence, right, count }) => (
        <circle key={from} cx={across(confidence)} cy={up(right)} r={radius(count)} />
      ))}
      <text x={across(low) - 3} y={up(1) + 4} text-anchor="end">
        {percent(1)}
      </text>
      <text x={across(low) - 3} y={up(0)} text-anchor="end">
        {percent(0)}
      </text>
      <text x={across(low) - 3} y={up(0.5) + 3} text-anchor="end">
        right
      </text>
      <text x={across(low)} y={up(0) + 10}>
        {percent(low)}
      </text>
      <text x={across((1 + low) / 2)} y={up(0) + 19} text-anchor="middle">
        sure
      </text>
      <text x={across(1)} y={up(0) + 10} text-anchor="end">
        {percent(1)}
      </text>
    </svg>
  );
}

const describe = (bins: ReliabilityBin[]): string =>
  `Reliability plot. ${bins
    .map(({ confidence, right }) => `${percent(confidence)} sure: ${percent(right)} right`)
    .join('; ')}.`;
