/** A small model that loops writes one line over and over: once is enough. */
import { hasWords } from '../place.ts';
import type { Filter } from './filter.ts';

/** Twice may be meant (`i++;`), three times in a row is a loop. */
const MAX_REPEATS = 2;

export const repeatsItself: Filter = {
  name: 'repeats itself',
  apply(completion) {
    const lines = completion.split('\n');
    const loop = lines.findIndex(
      (line, index) =>
        hasWords(line) &&
        Array.from({ length: MAX_REPEATS }, (_, more) => lines[index + more + 1]).every(
          (next) => next?.trim() === line.trim(),
        ),
    );
    return loop === -1 ? completion : lines.slice(0, loop + 1).join('\n');
  },
};
