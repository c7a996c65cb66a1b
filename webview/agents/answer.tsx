/** The answer, with its caution first: whoever reads no further has read that. All of it is untrusted text. */
import type { AnswerUse } from '../../server/protocol/agents-panel.ts';
import type { SolveResult } from '../../server/protocol/solution.ts';
import { Icon } from '../shared/icon.tsx';
import type { Post } from './panel.tsx';
import { counted, seconds } from './words.ts';

interface AnswerProps {
  result: SolveResult;
  use: AnswerUse | undefined;
  isCompared: boolean;
  post: Post;
}

export function Answer({ result, use, isCompared, post }: AnswerProps) {
  const { answer, caution, model, outputTokens, ms } = result;
  return (
    <section class="answer" aria-label="Answer">
      <h2>Answer</h2>
      {caution !== undefined && (
        <p class="caution">
          <Icon name="warning" />
          <span>
            <strong>Caution.</strong> {caution}
          </span>
        </p>
      )}
      <pre tabIndex={0}>{answer}</pre>
      <div class="buttons">
        <button type="button" class="primary" onClick={() => post({ kind: 'show' })}>
          {use === 'edit' ? 'Show Changes' : 'Open as Text'}
        </button>
        <button type="button" onClick={() => post({ kind: 'copy' })}>
          Copy
        </button>
        {!isCompared && (
          <button
            type="button"
            title="Run the single model and the text team on the same problem"
            onClick={() => post({ kind: 'compare' })}
          >
            Compare
          </button>
        )}
      </div>
      <p class="quiet facts">
        {model} · {counted(outputTokens, 'token')} written · {seconds(ms)}
      </p>
    </section>
  );
}
