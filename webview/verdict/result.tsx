/** A judgment: the verdict and how sure it is, then why, then the rest folded. */
import type { Judgment, OrderJudgment } from '../../server/protocol/judgment.ts';
import type { PanelEntry } from '../../server/protocol/panel.ts';
import { Evaluation } from './evaluation.tsx';
import { Folded } from './folded.tsx';
import { Icon } from '../shared/icon.tsx';
import { Prose, withoutTags } from './prose.tsx';
import { Reliability } from './reliability.tsx';
import { firstRead, Tagged } from './stream.tsx';
import { headline, type Mark, markOf, readingResult, seconds, sureness, whyUndecided } from './words.ts';

interface ResultProps {
  judgment: Judgment;
  entry: PanelEntry;
}

const ICONS: Record<Mark, string> = {
  better: 'pass',
  worse: 'warning',
  chosen: 'law',
  undecided: 'question',
};

export function Verdict({ judgment, entry }: ResultProps) {
  const mark = markOf(judgment, entry.comparison);
  return (
    <div class={`badge ${mark}`}>
      <Icon name={ICONS[mark]} />
      <div>
        <p class="headline">{headline(judgment, entry)}</p>
        {mark === 'undecided' ? (
          <Disagreement judgment={judgment} entry={entry} />
        ) : (
          <Confidence judgment={judgment} />
        )}
      </div>
    </div>
  );
}

/** Why there is no verdict, with what each reading came to. */
const Disagreement = ({ judgment, entry: { names } }: ResultProps) => (
  <>
    <p>{whyUndecided(judgment)}</p>
    <ul class="outcomes">
      {judgment.orders.map((order) => (
        <li key={order.order}>
          <Icon name={order.verdict === null ? 'circle-slash' : 'arrow-right'} />
          <span>
            {firstRead(order.order, names)} first: {readingResult(order, names)}
          </span>
        </li>
      ))}
    </ul>
  </>
);

/** Half is a coin toss, so the meter is empty there. */
const Confidence = ({ judgment }: { judgment: Judgment }) => (
  <p class="confidence" title="Empty: no better than a coin toss. Full: certain.">
    <meter
      min={0.5}
      max={1}
      value={judgment.confidence}
      aria-label="Confidence"
      aria-valuetext={sureness(judgment)}
    />
    <span>{sureness(judgment)} · both orders agree</span>
  </p>
);

/** The reading that is shown: the first with a verdict, failing that the first. */
const shownReading = ({ orders }: Judgment): OrderJudgment | undefined =>
  orders.find(({ verdict }) => verdict !== null) ?? orders[0];

export function Reasons({ judgment, entry }: ResultProps) {
  const reasoning = shownReading(judgment)?.reasoning;
  const chosen = judgment.verdict === 'undecided' ? undefined : judgment.verdict;
  const why = reasoning?.evaluation ? (
    <Evaluation text={reasoning.evaluation} names={entry.names} chosen={chosen} />
  ) : (
    judgment.reasoning !== '' && (
      <p class="prose">
        <Prose text={judgment.reasoning} />
      </p>
    )
  );
  return (
    <>
      {chosen !== undefined && why}
      <div class="more">
        {chosen === undefined && why && <Folded title="What one reading says">{why}</Folded>}
        {reasoning?.rubric && (
          <Folded title="Rubric">
            <p class="prose">
              <Prose text={withoutTags(reasoning.rubric)} />
            </p>
          </Folded>
        )}
        {reasoning?.solution && (
          <Folded title="The judge’s own solution">
            <pre tabIndex={0}>{reasoning.solution}</pre>
          </Folded>
        )}
        {reasoning?.thinking && (
          <Folded title="Thinking">
            <p class="prose">
              <Prose text={reasoning.thinking} />
            </p>
          </Folded>
        )}
        <Readings judgment={judgment} entry={entry} />
        {judgment.calibration && <Reliability calibration={judgment.calibration} />}
      </div>
      <p class="quiet facts">
        {judgment.model} · {seconds(judgment.timings.totalMs)} ·{' '}
        {Math.round(judgment.timings.tokensPerSecond)} tokens/s
      </p>
    </>
  );
}

/** Both readings as the model wrote them, with what its letters stand for in each. */
const Readings = ({ judgment, entry: { names } }: ResultProps) => (
  <Folded title="Both readings">
    {judgment.orders.map((order) => (
      <section key={order.order} class="reading">
        <h3>{firstRead(order.order, names)} first</h3>
        <p class="quiet">
          {readingResult(order, names)}. In its text, A is{' '}
          {order.order === 'AB' ? `${names.A}, B is ${names.B}` : `${names.B}, B is ${names.A}`}.
        </p>
        <pre tabIndex={0}>
          <Tagged text={order.raw} />
        </pre>
      </section>
    ))}
  </Folded>
);
