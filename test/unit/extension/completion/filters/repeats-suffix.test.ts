import { repeatsSuffix } from '../../../../../extension/completion/filters/repeats-suffix.ts';
import { golden } from './golden.ts';

golden(repeatsSuffix, [
  ['the rest of the line', 'return | + tax;', 'total + tax;', 'total'],
  ['the rest of the line, without its blank', 'f(|, width)', 'height, width)', 'height'],
  ['the rest of the line, which begins with no blank', 'return |+ tax;', 'total + tax;', 'total '],
  ['what is there, and nothing else', 'return |total;', 'total;', undefined],
  ['the next line', 'open();\n|\nclose();', 'use();\nclose();', 'use();'],
  ['the next line, further down', 'open();\n|\n\n  close();\n}', 'use();\n  close();', 'use();'],
  ['a part of the next line is no overlap', 'a = |\nab = 1;', '1 + ab', '1 + ab'],
  ['a name that comes again elsewhere', 'f(|) + g(x)', 'x', 'x'],
  ['brackets alone are not words', 'f(|)', 'g())', 'g())'],
  ['nothing follows', 'a = |', 'b', 'b'],
]);
