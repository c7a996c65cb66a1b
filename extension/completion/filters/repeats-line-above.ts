/** A completion whose first line makes the current line the one above it again says nothing new. */
import { hasWords, lineBefore, linesAbove } from '../place.ts';
import type { Filter } from './filter.ts';

export const repeatsLineAbove: Filter = {
  name: 'repeats the line above',
  apply(completion, place) {
    const written = lineBefore(place);
    const text = written.trim() === '' ? completion.trimStart() : `${written}${completion}`;
    const line = text.split('\n', 1)[0]!.trim();
    const above = linesAbove(place)
      .find((one) => one.trim() !== '')
      ?.trim();
    return hasWords(line) && line === above ? undefined : completion;
  },
};
