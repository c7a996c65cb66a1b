/** Deductions in words: for the clipboard, the hover and the line's end. */
import { describe, expect, it } from 'vitest';
import { deductionMarkdown, hoverMarkdown, inlineText } from '../../../../extension/deduction/report.ts';
import { ABSTAINED, CONTRADICTORY, PROVED, REFUTED } from '../../protocol/deductions.ts';

const INQUIRY = {
  title: 'menu.md:3–8',
  question: 'How much does the fish cost?',
  premises: [],
  canOpenPremises: true,
};

describe('a deduction as Markdown', () => {
  it('has the result, what it rests on, the steps and what was not needed', () => {
    expect(deductionMarkdown(INQUIRY, PROVED)).toBe(
      `# How much does the fish cost?

**Proved: 15.** In every state of affairs in which the premises hold, the fish costs 15\\.

## Premises needed

1. The soup costs 3 dollars\\. — \`[soup] = 3\`
2. The salad costs twice as much as the soup\\. — \`[salad] = 2 * [soup]\`
4. The fish costs 9 dollars more than the salad\\. — \`[fish] = [salad] + 9\`

## Derivation

- a: \`[salad] = 6\` (from 1, 2)
- b: \`[fish] = 15\` (from a, 4)

## Premises not needed

3. The bread is older than the cook\\. (not read: This sentence is about neither prices nor propositions\\.)
5. The wine costs more than the fish\\. — \`[wine] > [fish]\`

_menu\\.md:3–8 · read by nano\\-deduction, checked by Z3_
`,
    );
  });

  it('of an abstention has both states of affairs and what is missing', () => {
    const markdown = deductionMarkdown(INQUIRY, ABSTAINED);
    expect(markdown).toContain('**Abstained.** The premises leave it open');
    expect(markdown).toContain('## What is missing\n\n`[wine] = 21`');
    expect(markdown).toContain('|  | State 1 | State 2 |\n| --- | --- | --- |\n| soup | 3 | 3 |');
    expect(markdown).toContain('| wine | 16 | 21 |\n| Answer | no | yes |');
    expect(markdown).not.toContain('Premises needed');
  });

  it('of a contradiction names the premises in it', () => {
    expect(deductionMarkdown(INQUIRY, CONTRADICTORY)).toMatch(/## Premises in contradiction\n\n1\. .*\n2\. /);
  });

  it('lets no text become markup', () => {
    const hostile = {
      ...PROVED,
      reason: '<img src=x> [a](b) **c**',
      derivation: [{ ...PROVED.derivation[0]!, formal: 'a`b' }],
    };
    const markdown = deductionMarkdown({ ...INQUIRY, question: '# <b>' }, hostile);
    expect(markdown).toContain('# \\# &lt;b&gt;');
    expect(markdown).toContain('&lt;img src=x&gt; \\[a\\]\\(b\\) \\*\\*c\\*\\*');
    expect(markdown).toContain('- a: `` a`b ``');
  });
});

it.each([
  [PROVED, '✓ Proved: 15 from premises 1, 2 and 4 of 5'],
  [REFUTED, '✗ Refuted from premises 1 and 2 of 5'],
  [
    ABSTAINED,
    '○ Abstained: The premises leave it open: they hold whether or not the wine costs more than 20.',
  ],
  [
    CONTRADICTORY,
    '⊥ Contradictory premises: Premises 1 and 2 cannot both hold, so anything would follow from them.',
  ],
])('the line’s end says it in short: %#', (deduction, text) => {
  expect(inlineText(deduction)).toBe(text);
});

it('the hover says why, and what is missing', () => {
  expect(hoverMarkdown(ABSTAINED)).toBe(
    '**Verity: Abstained**\n\nThe premises leave it open: they hold whether or not the wine costs more than 20\\.\n\nWhat is missing: `[wine] = 21`',
  );
});
