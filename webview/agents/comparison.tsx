/** What the team cost beside the single model and the text team, and whether they answered the same. */
import type { Solution, SolveResult } from '../../server/protocol/solution.ts';
import { against, isSameAnswer, seconds } from './words.ts';

export const Comparison = ({ result }: { result: SolveResult }) => (
  <section class="comparison" aria-label="Comparison">
    <h2>Against the baselines</h2>
    <div class="scroll" tabIndex={0} role="region" aria-label="Comparison table">
      <table>
        <thead>
          <tr>
            <th scope="col">Team</th>
            <th scope="col">Written</th>
            <th scope="col">Evaluated</th>
            <th scope="col">Time</th>
            <th scope="col">Answer</th>
          </tr>
        </thead>
        <tbody>
          <tr class="own">
            <th scope="row">{result.team}</th>
            <Costs solution={result} />
            <td>this one</td>
          </tr>
          {result.baselines.map((baseline) => (
            <Baseline key={baseline.team} baseline={baseline} result={result} />
          ))}
        </tbody>
      </table>
    </div>
    <ul class="savings">
      {result.baselines.map((baseline) => (
        <li key={baseline.team}>
          Against {baseline.team}: {against(result.outputTokens, baseline.outputTokens)} written,{' '}
          {against(result.forwardedTokens, baseline.forwardedTokens)} evaluated,{' '}
          {against(result.ms, baseline.ms)} time.
        </li>
      ))}
    </ul>
    {result.baselines.map((baseline) => (
      <details key={baseline.team}>
        <summary>What {baseline.team} answered</summary>
        <pre tabIndex={0}>{baseline.answer}</pre>
      </details>
    ))}
  </section>
);

const Baseline = ({ baseline, result }: { baseline: Solution; result: SolveResult }) => (
  <tr>
    <th scope="row">{baseline.team}</th>
    <Costs solution={baseline} />
    <td>{isSameAnswer(baseline, result) ? 'the same' : 'another'}</td>
  </tr>
);

const Costs = ({ solution: { outputTokens, forwardedTokens, ms } }: { solution: Solution }) => (
  <>
    <td>{outputTokens.toLocaleString('en')}</td>
    <td>{forwardedTokens.toLocaleString('en')}</td>
    <td>{seconds(ms)}</td>
  </>
);
