/** The derivation as a list: what the graph shows, for who reads rather than looks. */
import type { Deduction } from '../../server/protocol/deduction.ts';
import { listed, provenSteps } from '../../server/protocol/deduction-words.ts';

export function Steps({ deduction }: { deduction: Deduction }) {
  const steps = provenSteps(deduction);
  if (steps.length === 0) return null;
  return (
    <section>
      <h3>Derivation</h3>
      <ol class="premises" aria-label="Derivation">
        {steps.map(({ label, formal, from }) => (
          <li key={label}>
            <span class="label">{label}</span>
            <div>
              <p>
                <code>{formal}</code>
              </p>
              <p class="quiet">{from.length === 0 ? 'holds by itself' : `from ${listed(from)}`}</p>
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}
