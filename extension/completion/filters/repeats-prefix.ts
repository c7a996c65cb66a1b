/** Small models write the line again that they should go on with: `const sum = ` → `const sum = 0;`. */
import { hasWords, lineBefore } from '../place.ts';
import type { Filter } from './filter.ts';

export const repeatsPrefix: Filter = {
  name: 'repeats the line that it should go on with',
  apply(completion, place) {
    const line = lineBefore(place).trimStart();
    // Less than a word may well be meant twice.
    if (!hasWords(line) || line.trimEnd().length < 3) return completion;
    const start = completion.length - completion.trimStart().length;
    return completion.startsWith(line, start) ? restOf(completion.slice(start + line.length)) : completion;
  },
};

const restOf = (text: string): string | undefined => (text.trim() === '' ? undefined : text);
