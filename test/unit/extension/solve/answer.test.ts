/** What is read from a team's answer: its code, and the edit that it may be. */
import { describe, expect, it } from 'vitest';
import { indentedLike, piecesOf, replacementIn } from '../../../../extension/solve/answer.ts';

const fence = (code: string, language = '') => `\`\`\`${language}\n${code}\n\`\`\``;

describe('an answer', () => {
  it('falls into prose and code', () => {
    expect(piecesOf(`First.\n\n${fence('a();', 'ts')}\n\nThen.`)).toEqual([
      { prose: 'First.' },
      { code: 'a();', language: 'ts' },
      { prose: 'Then.' },
    ]);
    expect(piecesOf('')).toEqual([]);
  });

  it('may have fences in its code', () => {
    const markdown = ['````markdown', '```', 'inner', '```', '````'].join('\n');
    expect(piecesOf(markdown)).toEqual([{ code: '```\ninner\n```', language: 'markdown' }]);
  });

  it('may have Windows line ends, and code that breaks off', () => {
    expect(piecesOf('```\r\na\r\nb\r\n```\r\n')).toEqual([{ code: 'a\nb', language: '' }]);
    expect(piecesOf('```py\na = 1')).toEqual([{ code: 'a = 1', language: 'py' }]);
  });
});

describe('the replacement', () => {
  it.each([
    ['in the language', fence('b', 'typescript'), 'typescript', 'b'],
    ['by a short name', fence('b', 'ts'), 'typescript', 'b'],
    ['in a capital', fence('b', 'Python'), 'python', 'b'],
    ['without a language', fence('b'), 'rust', 'b'],
    ['the last of several', `${fence('a', 'py')}\n${fence('b', 'py')}`, 'python', 'b'],
    ['not the shell command behind it', `${fence('b', 'py')}\n${fence('pytest', 'sh')}`, 'python', 'b'],
    ['none in another language', fence('b', 'java'), 'python', undefined],
    ['none without code', 'It is 42.', 'python', undefined],
    ['none that is empty', fence('  '), 'python', undefined],
    ['none that broke off', '```py\ndef half(', 'python', undefined],
  ])('%s', (_, answer, language, expected) => {
    expect(replacementIn(answer, language)).toBe(expected);
  });
});

describe('indentation', () => {
  it('becomes that of the code replaced', () => {
    const code = 'if (a) {\n  b();\n\n}';
    expect(indentedLike(code, '    old();')).toBe('    if (a) {\n      b();\n\n    }');
    expect(indentedLike(`  ${code.replaceAll('\n  ', '\n    ').replace('\n}', '\n  }')}`, 'old();')).toBe(
      code,
    );
    expect(indentedLike('\ta();\n\t\tb();', '\told();')).toBe('\ta();\n\t\tb();');
  });

  it('stays where it fits already', () => {
    expect(indentedLike('  a\n b', ' c')).toBe('  a\n b');
  });
});
