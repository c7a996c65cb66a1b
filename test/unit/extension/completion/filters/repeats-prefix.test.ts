import { repeatsPrefix } from '../../../../../extension/completion/filters/repeats-prefix.ts';
import { golden } from './golden.ts';

golden(repeatsPrefix, [
  ['the line again, with its end', '  const sum = |', 'const sum = 0;', '0;'],
  ['the line again, indented', '  const sum = |', '  const sum = 0;', '0;'],
  ['the line again, and no more', '  const sum = |', 'const sum = ', undefined],
  ['a word that was begun', '  ret|', 'return sum;', 'urn sum;'],
  ['an end', 'const sum = |', '0;', '0;'],
  ['only the line before the last', 'a = 1\nb = |', 'a = 1', 'a = 1'],
  ['a short name may come again', 'i |', 'i ', 'i '],
  ['brackets may come again', 'f(((|', '(((x', '(((x'],
]);
