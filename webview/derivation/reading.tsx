/** Premises as they are read, and what the model writes. None of it is a result. */
import type { FormalPremise } from '../../server/protocol/deduction.ts';
import type { DerivationState, Inquiry } from '../../server/protocol/derivation-panel.ts';
import { Icon } from '../shared/icon.tsx';
import { Formal } from './premises.tsx';

/** Only the end is in view, so only the end is drawn. */
const TAIL = 4000;

export function Reading({ state, inquiry }: { state: DerivationState; inquiry: Inquiry }) {
  const isRunning = state.phase === 'running';
  return (
    <>
      {inquiry.premises.length > 0 && (
        <ol class="premises" aria-label="Premises">
          {inquiry.premises.map((text, index) => (
            <Premise
              key={index}
              number={index + 1}
              text={text}
              read={state.read.find(({ number }) => number === index + 1)}
              isRunning={isRunning}
            />
          ))}
        </ol>
      )}
      {isRunning && state.written !== '' && (
        <section aria-label="As the model writes it, not checked yet">
          <p class="quiet">The model’s derivation, not checked yet</p>
          <pre class="written" tabIndex={0}>
            {state.written.slice(-TAIL)}
          </pre>
        </section>
      )}
    </>
  );
}

interface PremiseProps {
  number: number;
  text: string;
  read: FormalPremise | undefined;
  isRunning: boolean;
}

const Premise = ({ number, text, read, isRunning }: PremiseProps) => (
  <li>
    <span class="label">{number}</span>
    <div>
      <p>{text}</p>
      {read !== undefined && <Formal premise={read} />}
      {read === undefined && isRunning && (
        <p class="quiet">
          <Icon name="loading" spin /> being read
        </p>
      )}
    </div>
  </li>
);
