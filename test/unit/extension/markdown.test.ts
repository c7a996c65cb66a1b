/** Comments: what the model wrote is text in them, whatever it spells. */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { escape, fenced, headline, judgmentMarkdown, prose } from '../../../extension/markdown.ts';
import { judgment } from '../protocol/judgments.ts';

vi.mock('vscode', () => ({
  MarkdownString: class {
    readonly value: string;
    supportHtml = false;
    isTrusted = false;
    constructor(value: string) {
      this.value = value;
    }
  },
}));

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

it('a fence is longer than any in the code (property)', () => {
  const code = fc.string({ unit: fc.constantFrom('`', '\n', 'x') });
  fc.assert(
    fc.property(code, (text) => {
      const [opening, ...rest] = fenced(text).split('\n');
      const fence = opening!.replace('text', '');
      expect(fence).toMatch(/^`{3,}$/);
      expect(rest.pop()).toBe(fence);
      expect(rest.join('\n')).toBe(text);
      expect(text).not.toContain(fence);
    }),
  );
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

  it('is untrusted Markdown, verdict first, with what the model wrote escaped or fenced', () => {
    const hostile = '</details><a href="command:evil">x</a> [y](command:evil)';
    const given = judgment('A', 'A', { raw: hostile });
    const markdown = judgmentMarkdown({ ...given, reasoning: hostile, model: hostile });
    expect(markdown.isTrusted).toBe(false);
    expect(markdown.value.startsWith('**The previous version is better')).toBe(true);
    const outsideFences = markdown.value.replace(/^```text\n[^]*?\n```$/gm, '');
    expect(outsideFences).not.toContain('<a href');
    expect(outsideFences).not.toMatch(/(?<!\\)\]\(command/);
    expect(outsideFences.match(/<details>/g)).toHaveLength(2);
    expect(outsideFences.match(/<\/details>/g)).toHaveLength(2);
  });
});
