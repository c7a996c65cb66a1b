/** The judge's text while it is written, reading by reading. Screen readers hear the status line instead. */
import type { Order } from '../../server/protocol/judgment.ts';
import type { PanelEntry } from '../../server/protocol/panel.ts';
import { Icon } from '../shared/icon.tsx';

/** Only the end is in view, so only the end is drawn. */
const TAIL = 4000;

interface StreamProps {
  entry: PanelEntry;
  /** False once the run has ended: then the text stays, and nothing moves. */
  isLive: boolean;
}

export function Stream({ entry: { written, names }, isLive }: StreamProps) {
  const orders = (['AB', 'BA'] as const).filter((order) => written[order] !== '');
  return orders.map((order, index) => {
    const isCurrent = isLive && index === orders.length - 1;
    const title = `Reading ${index + 1} of 2: ${firstRead(order, names)} first`;
    return (
      <section key={order} class="stream" aria-label={title}>
        <p class="quiet">
          {isLive && <Icon name={isCurrent ? 'loading' : 'check'} spin={isCurrent} />} {title}
        </p>
        {(isCurrent || !isLive) && (
          <div class="written" tabIndex={0} role="region" aria-label={`${title}, as written`}>
            <pre>
              <Tagged text={written[order].slice(-TAIL)} />
              {isCurrent && <span class="caret" aria-hidden="true" />}
            </pre>
          </div>
        )}
      </section>
    );
  });
}

export const firstRead = (order: Order, names: PanelEntry['names']): string =>
  order === 'AB' ? names.A : names.B;

/** Text with its tags set back, so that the words stand out. */
export function Tagged({ text }: { text: string }) {
  const pieces = text.split(/(<\/?[a-z]+(?:_[AB])?>)/);
  return pieces.map((piece, index) =>
    index % 2 === 1 ? (
      <span key={index} class="tag">
        {piece}
      </span>
    ) : (
      piece
    ),
  );
}
