/** What a search has cost until a step. */
import type { SearchRun } from '../../server/protocol/search-tree-panel.ts';
import { counterFacts } from './words.ts';

export function Counters({ run: { steps, result }, step }: { run: SearchRun; step: number }) {
  const counters =
    step >= steps.length - 1 ? (result?.counters ?? steps.at(-1)?.counters) : steps[step]?.counters;
  if (counters === undefined) return null;
  return (
    <dl class="counters" aria-label="Counters">
      {counterFacts(counters).map(([name, value, explanation]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <strong>{value}</strong>
            <span class="quiet">{explanation}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
