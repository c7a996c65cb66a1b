/** Markdown: what models and files say is text in it, whatever it spells. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headline } from '../../../server/review/findings.ts';
import { escape, prose, reviewMarkdown } from '../../../server/review/markdown.ts';
import { judgment } from '../protocol/judgments.ts';
import { fine, judgedHunk, worse } from './hunks.ts';

describe('escape', () => {
  it.each([
    ['<img src=x onerror=y>', '&lt;img src=x onerror=y&gt;'],
    ['[a](command:x)', '\\[a\\]\\(command:x\\)'],
    ['$(law) **b** `c`', '\\$\\(law\\) \\*\\*b\\*\\* \\`c\\`'],
    ['&lt;', '&amp;lt;'],
  ])('%s', (text, escaped) => {
    expect(escape(text)).toBe(escaped);
  });

  it('leaves no tag and no unescaped mark (property)', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('<>&`*_[]()!#|$\\ab ')) }), (text) => {
        expect(escape(text)).not.toMatch(/[<>]/);
        expect(escape(text).replace(/\\[^]/g, '')).not.toMatch(/[`*_[\]()!#|$\\]/);
      }),
    );
  });
});

it('prose keeps its line breaks', () => {
  expect(prose(' a\nb ')).toBe('a  \nb');
});

/** As Markdown reads it: escaped characters left out, then spans of code from one backtick to the next. */
function outsideOfCode(markdown: string): string {
  const [, escaped, span] = /^(?:(\\[^])|(`[^`]+`(?!`)))/.exec(markdown) ?? [];
  const read = escaped ?? span ?? '';
  if (read !== '') return outsideOfCode(markdown.slice(read.length));
  return markdown === '' ? '' : markdown[0]! + outsideOfCode(markdown.slice(1));
}

describe('code in prose', () => {
  it.each([
    ['the guard for `!row` is gone', 'the guard for `!row` is gone'],
    ['`<b>` and <b>', '`<b>` and &lt;b&gt;'],
    ['one ` alone', 'one \\` alone'],
    ['``two``', '\\`\\`two\\`\\`'],
    ['`a\n`b', '\\`a  \n\\`b'],
    ['\\`x`', '\\\\`x`'],
  ])('%j', (text, markdown) => {
    expect(prose(text)).toBe(markdown);
  });

  it('is between single backticks and holds none; all else is escaped (property)', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('`<*\\a ')) }), (text) => {
        expect(outsideOfCode(prose(text))).not.toMatch(/[`<*\\]/);
      }),
    );
  });
});

describe('a judgment', () => {
  it.each([
    [judgment('A'), 'The previous version is better · 90 % · both orders agree'],
    [judgment('B'), 'The change is better · 90 % · both orders agree'],
    [judgment('A', 'B'), 'Undecided: the two orders disagree'],
    [judgment('A', null), 'Undecided: a reading ended without a valid verdict'],
    [judgment(null), 'Undecided: a reading ended without a valid verdict'],
  ])('%# is told in one line', (given, line) => {
    expect(headline(given)).toBe(line);
  });
});

describe('a review', () => {
  it('has its summary first, then each finding with place, severity and reason', () => {
    const text = reviewMarkdown([worse, fine]);
    expect(text.startsWith('# Review\n\n2 hunks: 1 finding, 1 fine\n\n## src/page\\.ts:14\n')).toBe(true);
    expect(text).toContain('**Warning:** The previous version is better · 90 %');
    expect(text).toContain('B is wrong: off by one\\.');
    expect(text.match(/^## /gm)).toHaveLength(1);
  });

  it('takes neither markup nor headings from a file name or a model', () => {
    const hostile = '</details><a href="x">y</a>\n# Approved\n[y](command:evil)';
    const hunk = judgedHunk({
      file: '<b>.md',
      judgment: { ...judgment('A'), reasoning: hostile, model: '**m**' },
    });
    const text = reviewMarkdown([hunk]);
    expect(text).not.toMatch(/<[a-z/]/);
    expect(text).not.toMatch(/^# Approved/m);
    expect(text).not.toMatch(/(?<!\\)\]\(command/);
    expect(text).not.toContain('**m**');
  });
});
