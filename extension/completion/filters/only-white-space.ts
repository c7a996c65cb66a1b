/** A completion of white space alone would only flicker. */
import type { Filter } from './filter.ts';

export const onlyWhiteSpace: Filter = {
  name: 'only white space',
  apply: (completion) => (completion.trim() === '' ? undefined : completion),
};
