/** A deduction: the result and why, then what it rests on. An abstention is a result like the others, no failure. */
import type { Deduction, DeductionStatus } from '../../server/protocol/deduction.ts';
import { basis, headline, premisesApart } from '../../server/protocol/deduction-words.ts';
import type { Inquiry } from '../../server/protocol/derivation-panel.ts';
import { Icon } from '../shared/icon.tsx';
import { CounterModels } from './counter-models.tsx';
import { Graph } from './graph-view.tsx';
import type { Post } from './panel.tsx';
import { Premises } from './premises.tsx';
import { Steps } from './steps.tsx';
import { facts } from './words.ts';

interface ResultProps {
  deduction: Deduction;
  inquiry: Inquiry;
  post: Post;
}

const ICONS: Record<DeductionStatus, string> = {
  entailed: 'pass',
  refuted: 'circle-slash',
  abstained: 'circle-large-outline',
  contradictory: 'combine',
};

export function Result({ deduction, inquiry, post }: ResultProps) {
  const { used, unused } = premisesApart(deduction);
  const opening = inquiry.canOpenPremises ? post : undefined;
  return (
    <article class={`result ${deduction.status}`}>
      <Badge deduction={deduction} />
      {deduction.missing !== null && <Missing statement={deduction.missing} />}
      <CounterModels models={deduction.counterModels} />
      {deduction.status !== 'abstained' && (
        <Graph deduction={deduction} question={inquiry.question} post={opening} />
      )}
      <Premises
        title={deduction.status === 'contradictory' ? 'Premises in contradiction' : 'Premises needed'}
        premises={used}
        post={opening}
      />
      <Steps deduction={deduction} />
      <Premises
        title={used.length > 0 ? 'Premises not needed' : 'Premises'}
        premises={unused}
        post={opening}
        isAside={used.length > 0}
      />
      <Actions deduction={deduction} post={post} />
      <p class="quiet facts">{facts(deduction)}</p>
    </article>
  );
}

function Badge({ deduction }: { deduction: Deduction }) {
  const from = basis(deduction);
  return (
    <div class="badge">
      <Icon name={ICONS[deduction.status]} />
      <div>
        <p class="headline">{headline(deduction)}</p>
        {from !== undefined && <p class="basis">{from}</p>}
        <p>{deduction.reason}</p>
      </div>
    </div>
  );
}

const Missing = ({ statement }: { statement: string }) => (
  <section class="missing">
    <h3>What is missing</h3>
    <p>
      A statement like <code>{statement}</code> would settle it.
    </p>
  </section>
);

const Actions = ({ deduction, post }: { deduction: Deduction; post: Post }) => (
  <p class="actions">
    <button type="button" onClick={() => post({ kind: 'copyMarkdown' })}>
      <Icon name="copy" /> Copy as Markdown
    </button>
    {deduction.smtLib !== '' && (
      <button type="button" onClick={() => post({ kind: 'exportSmtLib' })}>
        <Icon name="export" /> Export SMT-LIB…
      </button>
    )}
  </p>
);
