/** The selected node and the text that its path writes. */
import { stateAt, type TreeNode } from './tree.ts';
import { pathRewardText, percent, rewardText, STATE_WORDS, tokenLabel } from './words.ts';

interface DetailsProps {
  node: TreeNode;
  /** Of its path. */
  text: string;
  step: number;
  prompt: string;
  isBest: boolean;
}

export function Details({ node, text, step, prompt, isBest }: DetailsProps) {
  const before = prompt.slice(prompt.lastIndexOf('\n', prompt.length - 2) + 1);
  const isRoot = node.parent === undefined;
  return (
    <section class="details" aria-label="Selected path">
      {isRoot ? (
        <p>The prompt</p>
      ) : (
        <dl class="facts">
          <Fact name="Token">
            <code>{tokenLabel(node)}</code>
          </Fact>
          <Fact name="Probability">{percent(node.probability)}</Fact>
          <Fact name="Reward">{stateAt(node, step) === 'unseen' ? 'unknown' : rewardText(node.reward)}</Fact>
          <Fact name="Path reward">{pathRewardText(node)}</Fact>
        </dl>
      )}
      {!isRoot && (
        <p class="quiet">
          {isBest && 'End of the best path · '}
          {STATE_WORDS[stateAt(node, step) ?? 'kept']}
        </p>
      )}
      <pre tabIndex={0} aria-label="Text of the path">
        <span class="quiet">{before}</span>
        {text}
      </pre>
    </section>
  );
}

const Fact = ({ name, children }: { name: string; children: preact.ComponentChildren }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);
