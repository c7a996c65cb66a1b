/** Premises as written and as the solver reads them. Their texts are untrusted: text, never markup. */
import type { FormalPremise } from '../../server/protocol/deduction.ts';
import { Icon } from '../shared/icon.tsx';
import type { Post } from './panel.tsx';

interface PremisesProps {
  title: string;
  premises: readonly FormalPremise[];
  /** undefined where premises have no places of their own. */
  post: Post | undefined;
  /** Set back: the result does not need them. */
  isAside?: boolean;
}

export function Premises({ title, premises, post, isAside = false }: PremisesProps) {
  if (premises.length === 0) return null;
  return (
    <section class={isAside ? 'aside' : undefined}>
      <h3>{title}</h3>
      <ol class="premises" aria-label={title}>
        {premises.map((premise) => (
          <li key={premise.number}>
            <span class="label">{premise.number}</span>
            <div>
              <p>{premise.text}</p>
              <Formal premise={premise} />
            </div>
            {post !== undefined && <OpenPremise number={premise.number} post={post} />}
          </li>
        ))}
      </ol>
    </section>
  );
}

export const Formal = ({ premise: { formal, problem } }: { premise: FormalPremise }) =>
  formal === null ? (
    <p class="unread">
      <Icon name="circle-slash" /> Not read{problem === undefined ? '' : `: ${problem}`}
    </p>
  ) : (
    <p>
      <code>{formal}</code>
    </p>
  );

export const OpenPremise = ({ number, post }: { number: number; post: Post }) => (
  <button
    type="button"
    class="icon"
    title="Open Premise"
    aria-label={`Open premise ${number} in the editor`}
    onClick={() => post({ kind: 'openPremise', number })}
  >
    <Icon name="go-to-file" />
  </button>
);
