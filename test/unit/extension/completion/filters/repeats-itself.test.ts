import { repeatsItself } from '../../../../../extension/completion/filters/repeats-itself.ts';
import { golden } from './golden.ts';

golden(repeatsItself, [
  ['a line three times', '|', 'a();\na();\na();\nb();', 'a();'],
  ['a loop after a good line', '|', 'x();\na();\n  a();\na();', 'x();\na();'],
  ['a word four times', '|', 'a change instead instead instead instead inst', 'a change instead'],
  ['a word three times', '|', 'very very very long', 'very very very long'],
  ['numbers', '|', '[0, 0, 0, 0, 0]', '[0, 0, 0, 0, 0]'],
  ['the end of another word', '|', 'xa a a a', 'xa a a a'],
  ['a line twice', '|', 'i++;\ni++;', 'i++;\ni++;'],
  ['brackets and empty lines', '|', '}\n}\n}\n\n\n\nx', '}\n}\n}\n\n\n\nx'],
]);
