/** What shapes and colours mean. */
import type { Tree } from './tree.ts';
import { rewardText } from './words.ts';

export const Legend = ({ rewards }: Pick<Tree, 'rewards'>) => (
  <ul class="legend" aria-label="Legend">
    <li>
      <Shape>
        <circle cx="6" cy="6" r="4" class="filled" />
      </Shape>
      kept
    </li>
    <li>
      <Shape>
        <circle cx="6" cy="6" r="3.5" class="hollow" />
      </Shape>
      pruned
    </li>
    <li>
      <Shape>
        <path d="M3 3l6 6m0-6l-6 6" class="cross" />
      </Shape>
      unseen
    </li>
    <li>
      <Shape>
        <rect x="2" y="2" width="8" height="8" class="filled" />
      </Shape>
      finished
    </li>
    {rewards.min < rewards.max && (
      <li>
        reward {rewardText(rewards.min)} <span class="scale" aria-hidden="true" /> {rewardText(rewards.max)}
      </li>
    )}
  </ul>
);

const Shape = ({ children }: { children: preact.ComponentChildren }) => (
  <svg width="12" height="12" aria-hidden="true">
    {children}
  </svg>
);
