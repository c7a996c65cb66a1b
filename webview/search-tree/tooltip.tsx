/** What the pointer is on. */
import type { Point } from './layout.ts';
import { stateAt, type TreeNode } from './tree.ts';
import type { Size } from './viewport.ts';
import { pathRewardText, percent, rewardText, STATE_WORDS, tokenLabel } from './words.ts';
import { pathText } from './tree.ts';

interface TooltipProps {
  node: TreeNode;
  step: number;
  at: Point;
  size: Size;
}

/** Enough of a path to know where one is. */
const MAX_PATH = 160;

export function Tooltip({ node, step, at, size }: TooltipProps) {
  const isRight = at.x > size.width / 2;
  const isLow = at.y > size.height / 2;
  const style = {
    ...(isRight ? { right: `${size.width - at.x + 8}px` } : { left: `${at.x + 8}px` }),
    ...(isLow ? { bottom: `${size.height - at.y + 10}px` } : { top: `${at.y + 10}px` }),
  };
  if (node.parent === undefined)
    return (
      <div class="tooltip" style={style} aria-hidden="true">
        The prompt
      </div>
    );
  const path = pathText(node);
  return (
    <div class="tooltip" style={style} aria-hidden="true">
      <p>
        <code>{tokenLabel(node)}</code> {percent(node.probability)} · reward{' '}
        {stateAt(node, step) === 'unseen' ? 'unknown' : rewardText(node.reward)} · path {pathRewardText(node)}
      </p>
      <p class="quiet">{STATE_WORDS[stateAt(node, step) ?? 'kept']}</p>
      <pre>{path.length > MAX_PATH ? `…${path.slice(-MAX_PATH)}` : path}</pre>
    </div>
  );
}
