/** One judged pair: where it is, then its verdict, or how far the judge has come. */
import type { PanelEntry } from '../../server/protocol/panel.ts';
import { Folded } from './folded.tsx';
import { Icon } from '../shared/icon.tsx';
import type { Post } from './panel.tsx';
import { Reasons, Verdict } from './result.tsx';
import { Stream } from './stream.tsx';
import { markOf } from './words.ts';

interface EntryProps {
  entry: PanelEntry;
  index: number;
  isRunning: boolean;
  post: Post;
}

export function EntryCard({ entry, index, isRunning, post }: EntryProps) {
  const { judgment, title, canOpen } = entry;
  const mark = judgment === undefined ? 'open' : markOf(judgment, entry.comparison);
  return (
    <li class={`card ${mark}`} aria-busy={isRunning && judgment === undefined}>
      <h2>
        {canOpen ? (
          <button type="button" class="link" onClick={() => post({ kind: 'open', index })}>
            <Icon name="go-to-file" />
            <span>{title}</span>
          </button>
        ) : (
          title
        )}
      </h2>
      {judgment === undefined ? (
        <Unjudged entry={entry} isRunning={isRunning} />
      ) : (
        <>
          <Verdict judgment={judgment} entry={entry} />
          <Reasons judgment={judgment} entry={entry} />
        </>
      )}
    </li>
  );
}

function Unjudged({ entry, isRunning }: { entry: PanelEntry; isRunning: boolean }) {
  const hasStarted = entry.written.AB !== '' || entry.written.BA !== '';
  if (isRunning && hasStarted) return <Stream entry={entry} isLive />;
  return (
    <>
      <p class="quiet">
        <Icon name={isRunning ? 'circle-large-outline' : 'circle-slash'} />{' '}
        {isRunning ? 'Waiting' : 'Not judged'}
      </p>
      {hasStarted && (
        <Folded title="What the judge had written">
          <Stream entry={entry} isLive={false} />
        </Folded>
      )}
    </>
  );
}
