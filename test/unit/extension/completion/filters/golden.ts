/** Golden cases of filters: the text with the cursor as `|`, what was found, and what is shown. */
import { describe, expect, it } from 'vitest';
import type { Filter } from '../../../../../extension/completion/filters/filter.ts';
import { type Place, placeIn } from '../../../../../extension/completion/place.ts';

/** Name, text around the cursor, completion, what is shown (undefined: nothing). */
export type Golden = [name: string, around: string, completion: string, shown: string | undefined];

export function at(around: string): Place {
  const [before, after, ...more] = around.split('|');
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`No one cursor in ${around}`);
  return placeIn(before, after);
}

/** A completion that a filter should leave alone is one that is shown as it was found. */
export function golden(filter: Filter, cases: readonly Golden[]): void {
  describe(filter.name, () => {
    it.each(cases)('%s', (_, around, completion, shown) => {
      expect(filter.apply(completion, at(around))).toBe(shown);
    });
  });
}
