/** A small model that loops writes one line or one word over and over: once is enough. */
import { hasWords } from '../place.ts';
import type { Filter } from './filter.ts';

/** Twice may be meant (`i++;`), three times in a row is a loop. */
const MAX_REPEATS = 2;

/** A word with letters four times in a row, which code has no use for. */
const WORD_LOOP = /(?<!\S)(\S*\p{L}\S*)(?:\s+\1){3,}(?!\S)/u;

export const repeatsItself: Filter = {
  name: 'repeats itself',
  apply(completion) {
    const text = withoutWordLoop(completion);
    const lines = text.split('\n');
    const loop = lines.findIndex(
      (line, index) =>
        hasWords(line) &&
        Array.from({ length: MAX_REPEATS }, (_, more) => lines[index + more + 1]).every(
          (next) => next?.trim() === line.trim(),
        ),
    );
    return loop === -1 ? text : lines.slice(0, loop + 1).join('\n');
  },
};

/** Ends with the first of the repeated words. */
function withoutWordLoop(text: string): string {
  const loop = WORD_LOOP.exec(text);
  return loop === null ? text : text.slice(0, loop.index + loop[1]!.length);
}
