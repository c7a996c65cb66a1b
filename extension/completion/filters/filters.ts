/** All filters, in the order in which they apply. */
import type { Place } from '../place.ts';
import { duplicatedBrackets } from './duplicated-brackets.ts';
import type { Filter } from './filter.ts';
import { onlyWhiteSpace } from './only-white-space.ts';
import { repeatsItself } from './repeats-itself.ts';
import { repeatsLineAbove } from './repeats-line-above.ts';
import { repeatsPrefix } from './repeats-prefix.ts';
import { repeatsSuffix } from './repeats-suffix.ts';

export const FILTERS: readonly Filter[] = [
  onlyWhiteSpace,
  repeatsPrefix,
  repeatsItself,
  repeatsLineAbove,
  repeatsSuffix,
  duplicatedBrackets,
];

/** What is left of a completion, or the filter that left nothing. */
export type Filtered = { text: string } | { leftOutBy: string };

export function filtered(completion: string, place: Place): Filtered {
  let text = completion;
  for (const filter of FILTERS) {
    const next = filter.apply(text, place);
    if (next === undefined) return { leftOutBy: filter.name };
    text = next;
  }
  return { text };
}
