/** What stands after the place already is not written again: `total` with ` + tax;` behind it → `total + tax;`. */
import { hasWords, type Place } from '../place.ts';
import type { Filter } from './filter.ts';

export const repeatsSuffix: Filter = {
  name: 'repeats what follows',
  apply(completion, place) {
    const repeated = overlap(completion, place);
    if (repeated === 0) return completion;
    const left = completion.slice(0, -repeated);
    const shown = /^\s/.test(place.suffix) ? left.trimEnd() : left;
    return shown.trim() === '' ? undefined : shown;
  },
};

/**
 * How many characters at the completion's end are the next ones after the place, white space around them aside.
 * Closing brackets alone are no overlap: whether they are one too many is `duplicatedBrackets`' business. On later
 * lines whole lines alone count.
 */
function overlap(completion: string, { suffix }: Place): number {
  const end = completion.trimEnd();
  const next = suffix.trimStart();
  const isOtherLine = suffix.slice(0, suffix.length - next.length).includes('\n');
  for (let length = Math.min(end.length, next.length); length > 1; length--) {
    const text = end.slice(-length);
    if (!next.startsWith(text) || !hasWords(text)) continue;
    if (isOtherLine && !isWholeLines(end, next, length)) continue;
    return completion.length - end.length + length;
  }
  return 0;
}

function isWholeLines(end: string, next: string, length: number): boolean {
  const start = end.slice(0, -length);
  const rest = next.slice(length);
  return (start === '' || /\n[ \t]*$/.test(start)) && (rest === '' || rest.startsWith('\n'));
}
