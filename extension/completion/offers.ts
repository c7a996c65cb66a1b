/** What a search leads to as a list to choose from: what can be inserted, and what is not offered and why. */
import type { CompleteResult } from '../../server/protocol/completion.ts';
import { filtered } from './filters/filters.ts';
import type { Place } from './place.ts';

export interface Offer {
  /** avoided: by its reward; leftOut: by a filter, because it does not fit its place. */
  kind: 'offered' | 'avoided' | 'leftOut';
  text: string;
  /** Its rewards and why it is not offered. */
  facts: string;
  /** In the search tree. */
  node: number;
}

/** The best offered one first, then what was left out, the likeliest first. */
export function offers({ completions, avoided }: CompleteResult, place: Place): Offer[] {
  const all = completions.map(({ text, reward, isFinished, node }): Offer => {
    const left = filtered(text, place);
    const facts = [
      ...(reward === undefined ? [] : [`reward ${rounded(reward)}`]),
      ...(isFinished ? [] : ['not finished']),
    ];
    return 'text' in left
      ? { kind: 'offered', text: left.text, facts: facts.join(' · '), node }
      : { kind: 'leftOut', text, facts: [...facts, left.leftOutBy].join(' · '), node };
  });
  return [
    ...unique(all.filter(({ kind }) => kind === 'offered')),
    ...avoided.map(({ text, probability, reward, node }): Offer => ({
      kind: 'avoided',
      text,
      facts: `reward ${rounded(reward)} · ${Math.round(100 * probability)} % likely · the reward model speaks against it`,
      node,
    })),
    ...unique(all.filter(({ kind }) => kind === 'leftOut')),
  ];
}

const rounded = (reward: number): string => reward.toFixed(2).replace('-', '−');

/** Different completions may be the same once they are filtered. */
const unique = (list: readonly Offer[]): Offer[] =>
  list.filter(({ text }, index) => list.findIndex((other) => other.text === text) === index);
