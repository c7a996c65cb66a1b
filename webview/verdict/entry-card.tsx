/** One judged pair: verdict, how sure, why; the rest folded. */
import type { ComponentChildren } from 'preact';
import type { Judgment, Order, OrderJudgment } from '../../server/protocol/judgment.ts';
import type { PanelEntry } from '../../server/protocol/panel.ts';
import { Icon } from './icon.tsx';
import type { Post } from './panel.tsx';

interface EntryProps {
  entry: PanelEntry;
  index: number;
  running: boolean;
  post: Post;
}

export function EntryCard({ entry, index, running, post }: EntryProps) {
  const { judgment, written, title, canOpen, names } = entry;
  const started = written.AB !== '' || written.BA !== '';
  return (
    <li class="card" aria-busy={running && judgment === undefined}>
      <h3>
        {canOpen ? (
          <button type="button" class="link" onClick={() => post({ kind: 'open', index })}>
            {title}
          </button>
        ) : (
          title
        )}
      </h3>
      {judgment !== undefined && <Result judgment={judgment} names={names} />}
      {judgment === undefined && started && <Stream written={written} />}
      {judgment === undefined && !started && <p class="quiet">{running ? 'Waiting…' : 'Not judged.'}</p>}
    </li>
  );
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;

function Result({ judgment, names }: { judgment: Judgment; names: PanelEntry['names'] }) {
  const first = judgment.orders.find(({ verdict }) => verdict !== null) ?? judgment.orders[0];
  const reasoning = first?.reasoning;
  return (
    <>
      <Badge judgment={judgment} names={names} />
      {reasoning?.evaluation ? (
        <Evaluation text={reasoning.evaluation} names={names} />
      ) : (
        <p>{judgment.reasoning}</p>
      )}
      {reasoning?.rubric && <Folded title="Rubric">{reasoning.rubric}</Folded>}
      {reasoning?.solution && (
        <Folded title="The judge's own solution" code>
          {reasoning.solution}
        </Folded>
      )}
      {reasoning?.thinking && <Folded title="Thinking">{reasoning.thinking}</Folded>}
      {judgment.orders.map((order) => (
        <Folded key={order.order} title={readingTitle(order, names)} code>
          {order.raw}
        </Folded>
      ))}
      <p class="quiet">
        {judgment.model} · {Math.round(judgment.timings.totalMs)} ms ·{' '}
        {Math.round(judgment.timings.tokensPerSecond)} tokens/s
      </p>
    </>
  );
}

function Badge({
  judgment: { verdict, confidence },
  names,
}: {
  judgment: Judgment;
  names: PanelEntry['names'];
}) {
  if (verdict === 'undecided')
    return (
      <p class="badge undecided">
        <Icon name="question" /> Undecided: the two orders do not agree
      </p>
    );
  return (
    <div class={`badge ${verdict === 'A' ? 'worse' : 'better'}`}>
      <p>
        <Icon name={verdict === 'A' ? 'chevron-left' : 'check'} /> {names[verdict]} is better
      </p>
      <p class="confidence">
        <meter min={0.5} max={1} value={confidence} aria-label="Confidence" />
        {percent(confidence)}, both orders agree
      </p>
    </div>
  );
}

/** Quotes as code under the version's name, the rest as text. */
function Evaluation({ text, names }: { text: string; names: PanelEntry['names'] }) {
  const pieces = text.split(/(<quote_[AB]>[^]*?<\/quote_[AB]>)/);
  return (
    <div class="evaluation">
      {pieces.map((piece) => {
        const quote = /^<quote_([AB])>([^]*)<\/quote_[AB]>$/.exec(piece);
        if (quote === null) return piece.trim() === '' ? null : <p>{plain(piece)}</p>;
        const letter = quote[1] as 'A' | 'B';
        return (
          <figure>
            <figcaption>
              {letter} · {names[letter]}
            </figcaption>
            <code>{quote[2]?.trim()}</code>
          </figure>
        );
      })}
    </div>
  );
}

const plain = (text: string): string => text.replace(/<\/?(?:summary_[AB]|justify|quote_[AB])>/g, '').trim();

function readingTitle({ order, verdict, confidence }: OrderJudgment, names: PanelEntry['names']): string {
  const result = verdict === null ? 'no valid verdict' : `prefers ${names[verdict]}, ${percent(confidence)}`;
  return `Read ${order === 'AB' ? names.A : names.B} first: ${result}`;
}

function Folded({
  title,
  code = false,
  children,
}: {
  title: string;
  code?: boolean;
  children: ComponentChildren;
}) {
  return (
    <details>
      <summary>{title}</summary>
      {code ? <pre tabIndex={0}>{children}</pre> : <p class="prose">{children}</p>}
    </details>
  );
}

/** The text as it is written; screen readers hear the header's line instead. */
function Stream({ written }: { written: Record<Order, string> }) {
  const orders = (['AB', 'BA'] as const).filter((order) => written[order] !== '');
  return (
    <div class="stream" aria-hidden="true">
      {orders.map((order) => (
        <pre key={order}>{written[order]}</pre>
      ))}
    </div>
  );
}
