import { repeatsItself } from '../../../../../extension/completion/filters/repeats-itself.ts';
import { golden } from './golden.ts';

golden(repeatsItself, [
  ['a line three times', '|', 'a();\na();\na();\nb();', 'a();'],
  ['a loop after a good line', '|', 'x();\na();\n  a();\na();', 'x();\na();'],
  ['a line twice', '|', 'i++;\ni++;', 'i++;\ni++;'],
  ['brackets and empty lines', '|', '}\n}\n}\n\n\n\nx', '}\n}\n}\n\n\n\nx'],
]);
