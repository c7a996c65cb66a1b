import { repeatsLineAbove } from '../../../../../extension/completion/filters/repeats-line-above.ts';
import { golden } from './golden.ts';

golden(repeatsLineAbove, [
  ['the line above, on a line of its own', 'load(a);\n|', 'load(a);', undefined],
  ['the line above, at another indentation', 'load(a);\n  |', '  load(a);\nload(b);', undefined],
  ['what makes the line the one above', 'sum += a;\nsum |', '+= a;', undefined],
  ['the line above, behind empty ones', 'load(a);\n\n\n|', 'load(a);', undefined],
  ['another line', 'load(a);\n|', 'load(b);', 'load(b);'],
  ['a line of brackets', '  }\n|', '}', '}'],
  ['a later line may be the one above', 'load(a);\n|', 'wait();\nload(a);', 'wait();\nload(a);'],
  ['no line above', '|', 'load(a);', 'load(a);'],
]);
