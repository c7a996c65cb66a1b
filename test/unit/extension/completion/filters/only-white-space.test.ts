import { onlyWhiteSpace } from '../../../../../extension/completion/filters/only-white-space.ts';
import { golden } from './golden.ts';

golden(onlyWhiteSpace, [
  ['nothing at all', 'x = |', '', undefined],
  ['blanks and lines', 'x = |', ' \n\t\n', undefined],
  ['one character is something', 'x = |', ' 1', ' 1'],
]);
