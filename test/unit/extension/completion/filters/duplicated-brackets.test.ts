import { duplicatedBrackets } from '../../../../../extension/completion/filters/duplicated-brackets.ts';
import { golden } from './golden.ts';

golden(duplicatedBrackets, [
  ['one that the editor has closed', 'f(|)', 'x)', 'x'],
  ['of two the outer one', 'f(|)', 'g(x))', 'g(x)'],
  ['several, with their semicolon', 'f(g(|));', 'x));', 'x'],
  ['nothing else', 'f(|)', ')', undefined],
  ['one that it opens itself', 'f(|)', 'g(x)', 'g(x)'],
  ['one that nobody has closed', 'f(|', 'x)', 'x)'],
  ['another kind', 'f(|)', 'a]', 'a]'],
  ['the block on the next line', 'if (x) {\n  |\n}', 'return 1;\n}', 'return 1;'],
  [
    'an inner block, which ends at its own indentation',
    'f() {\n  if (x) {|\n}',
    '\n    y();\n  }',
    '\n    y();\n  }',
  ],
  ['an indented block', '  if (x) {\n    |\n  }', 'return 1;\n  }', 'return 1;'],
]);
