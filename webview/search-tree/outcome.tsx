/** What came of a search: why nothing is offered, the completions, and the continuations that were avoided. */
import type { SearchRun } from '../../server/protocol/search-tree-panel.ts';
import { Icon } from '../shared/icon.tsx';
import type { Tree, TreeNode } from './tree.ts';
import { percent, rewardText } from './words.ts';

interface OutcomeProps {
  run: SearchRun;
  tree: Tree;
  onSelect: (node: TreeNode) => void;
}

export function Outcome({ run, tree, onSelect }: OutcomeProps) {
  const { phase, message, result } = run;
  const choices = (list: readonly Choice[]) => list.filter(({ node }) => tree.nodes.has(node));
  const select = (id: number) => onSelect(tree.nodes.get(id)!);
  const found = (result?.completions ?? []).map(({ node, text, reward, isFinished }) => ({
    node,
    text,
    facts: [
      ...(reward === undefined ? [] : [rewardText(reward)]),
      ...(isFinished ? [] : ['not finished']),
    ].join(' · '),
  }));
  const avoided = (result?.avoided ?? []).map(({ node, text, probability, reward }) => ({
    node,
    text,
    facts: `${rewardText(reward)} · ${percent(probability)} likely`,
  }));
  return (
    <>
      {(phase === 'refused' || phase === 'failed') && <Notice phase={phase} message={message} />}
      <Choices title="Completions" choices={choices(found)} isOpen={false} onSelect={select} />
      <Choices title="Avoided" choices={choices(avoided)} isOpen={phase === 'refused'} onSelect={select} />
    </>
  );
}

const Notice = ({ phase, message }: { phase: 'refused' | 'failed'; message: string | undefined }) => (
  <section class="failure" role="alert">
    <Icon name={phase === 'refused' ? 'shield' : 'error'} />
    <div>
      <h2>{phase === 'refused' ? 'Nothing is offered' : 'The search could not finish'}</h2>
      {message !== undefined && <p class="prose">{message}</p>}
    </div>
  </section>
);

interface Choice {
  node: number;
  text: string;
  facts: string;
}

interface ChoicesProps {
  title: string;
  choices: readonly Choice[];
  isOpen: boolean;
  onSelect: (node: number) => void;
}

/** Each leads to its node in the tree. */
function Choices({ title, choices, isOpen, onSelect }: ChoicesProps) {
  if (choices.length === 0) return null;
  return (
    <details class="found" open={isOpen}>
      <summary>
        {title} ({choices.length})
      </summary>
      <ol>
        {choices.map(({ node, text, facts }) => (
          <li key={node}>
            <button type="button" class="link" onClick={() => onSelect(node)}>
              <code>{text.trim() === '' ? '(white space)' : text.trim().split('\n')[0]}</code>
            </button>
            <span class="quiet">{facts}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}
