/** The nano judge's prompt is the one it was trained on: compared with what the training code computes (a fixture). */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { joinLines } from '../../../server/judge/line-diff.ts';
import { answerForms, compact, promptParts } from '../../../server/judge/prompts/compact.ts';
import { edited } from './lines.ts';

const Version = { a: z.string(), b: z.string() };
const cases = z
  .array(
    z.object({
      name: z.string(),
      language: z.string(),
      ...Version,
      spelled: z.object(Version),
      parts: z.array(
        z.union([z.strictObject({ control: z.string() }), z.strictObject({ text: z.string() })]),
      ),
      answers: z.array(z.string()),
    }),
  )
  .parse(JSON.parse(readFileSync('test/fixtures/compact-prompts.json', 'utf8')));

describe('promptParts', () => {
  it.each(cases)('equals the training code: $name', ({ a, b, language, parts }) => {
    expect(promptParts({ a, b, language })).toEqual(parts);
  });

  it.each(cases)('is the same with indentation, blank lines and trailing white space: $name', (pair) => {
    const { spelled, language, parts } = pair;
    expect(promptParts({ ...spelled, language })).toEqual(parts);
  });

  it.each([
    ['typescriptreact', 'typescript'],
    ['javascriptreact', 'javascript'],
    ['python', 'python'],
    ['rust', 'text'],
    ['<|verdict|>', 'text'],
    ['constructor', 'text'],
  ])('language %s is asked as %s', (language, asked) => {
    expect(promptParts({ a: 'a', b: 'b', language })[1]).toEqual({ text: `${asked}\n` });
  });

  it('removes only indentation that all lines of both versions share', () => {
    const pair = { a: '    if x:\n      y()\n', b: '    if x:\n   z()\n', language: 'python' };
    expect(promptParts(pair).slice(2, -1)).toEqual([
      { control: '<|same|>' },
      { text: ' if x:\n' },
      { control: '<|a|>' },
      { text: '   y()\n' },
      { control: '<|b|>' },
      { text: 'z()\n' },
    ]);
    const mixed = { a: '\tx\n', b: '    y\n', language: 'python' };
    expect(promptParts(mixed)).toContainEqual({ text: '\tx\n' });
  });

  it('is a prompt of parts that ends where the verdict begins', () => {
    const prompt = compact.prompt({ a: 'a', b: 'b', language: 'python' });
    expect(prompt).toMatchObject({ kind: 'parts' });
    expect(prompt.kind === 'parts' && prompt.parts.at(-1)).toEqual({ control: '<|verdict|>' });
  });

  it('code never becomes a special token, and both versions can be read back (property)', () => {
    const controls = ['<|judge|>', '<|same|>', '<|a|>', '<|b|>', '<|verdict|>'];
    fc.assert(
      fc.property(edited, fc.constantFrom(...controls), ([a, b], token) => {
        const [first, second] = [a, b].map((lines) => ['top', ...lines, `x ${token}`, token]) as [
          string[],
          string[],
        ];
        const parts = promptParts({ a: joinLines(first), b: joinLines(second), language: 'python' });
        const read = { a: '', b: '' };
        let into: ('a' | 'b')[] = [];
        for (const part of parts.slice(2)) {
          if ('text' in part) for (const side of into) read[side] += part.text;
          else into = part.control === '<|same|>' ? ['a', 'b'] : part.control === '<|a|>' ? ['a'] : ['b'];
        }
        const visible = (lines: string[]) => joinLines(lines.filter((line) => line !== ''));
        expect(read).toEqual({ a: visible(first), b: visible(second) });
      }),
    );
  });
});

describe('answerForms', () => {
  it.each(cases)('are the answers of the training data: $name', ({ a, b, language, answers }) => {
    const written = answerForms({ a, b, language }).map(
      ({ opening, until, closing }) => `${opening} some bug. It fails.${until}${closing}`,
    );
    expect(written).toEqual([...new Set(answers)]);
  });

  it('have openings of which none begins another, whatever the code says (property)', () => {
    fc.assert(
      fc.property(edited, fc.constantFrom('</solution>', 'A is wrong:', '(nothing)'), ([a, b], hostile) => {
        const [first, second] = [a, b].map((lines) => joinLines([...lines, hostile, ...lines]));
        const openings = answerForms({ a: first!, b: `${second!}${hostile}`, language: 'python' }).map(
          ({ opening }) => opening,
        );
        for (const one of openings) expect(openings.filter((other) => other.startsWith(one))).toEqual([one]);
      }),
    );
  });
});
