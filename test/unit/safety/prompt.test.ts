/** How much of the text before a place is read. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitPrompt, type Reader } from '../../../server/safety/prompt.ts';

/** A token for each word and each other character, as tokenizers roughly do; merged over line ends, as some do. */
const words = (text: string): number => (text.match(/\w+|\n+|[^\w\n]/g) ?? []).length;

const reader = (room: number, count = words): Reader => ({ count, room });

const refusal = (action: () => unknown) => {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('fitPrompt', () => {
  it('keeps a text that fits as it is', () => {
    const text = 'def run():\n    pass\n';
    expect(fitPrompt(text, [reader(100)])).toBe(text);
    expect(fitPrompt(text, [reader(words(text))])).toBe(text);
  });

  it('drops whole lines from the beginning, no more than needed', () => {
    const lines = ['import os\n', '\n', 'def run(command):\n', '    os.sys'];
    expect(fitPrompt(lines.join(''), [reader(words(lines.slice(2).join('')))])).toBe(lines.slice(2).join(''));
  });

  it('cuts a last line that is too long itself, never within a character', () => {
    expect(fitPrompt('a = 1\nvalue '.concat('x '.repeat(50)), [reader(10)])).toMatch(/^[x ]{1,10}$/);
    const astral = fitPrompt('😀'.repeat(40), [reader(7, (text) => text.length)]);
    expect(astral).toMatch(/^(😀)+$/u);
  });

  it('is what every reader has room for', () => {
    const lines = ['one\n', 'two\n', 'three\n'];
    const text = lines.join('');
    expect(fitPrompt(text, [reader(4), reader(2)])).toBe('three\n');
    expect(fitPrompt(text, [reader(2), reader(4)])).toBe('three\n');
  });

  it('looks at the end alone of a very long text', () => {
    let counted = 0;
    const count = (text: string) => {
      counted += text.length;
      return words(text);
    };
    const text = fitPrompt('x = 1\n'.repeat(1_000_000), [reader(20, count)]);
    expect(text).toBe('x = 1\n'.repeat(text.length / 6));
    expect(text.length).toBeGreaterThan(12);
    expect(counted).toBeLessThan(10_000);
  });

  it('refuses an empty text and a context without room', () => {
    expect(refusal(() => fitPrompt('', [reader(9)]))).toMatchObject({ kind: 'badInput' });
    expect(refusal(() => fitPrompt('x', [reader(9), reader(0)]))).toMatchObject({ kind: 'contextOverflow' });
  });

  it('always ends as the text does, is never empty, and fits', () => {
    const line = fc.array(fc.constantFrom('a', ' ', '(', 'ü', '😀', 'word '), { maxLength: 30 });
    const text = fc
      .array(line, { minLength: 1, maxLength: 12 })
      .map((all) => all.map((each) => each.join('')).join('\n'));
    fc.assert(
      fc.property(
        text.filter((all) => all !== ''),
        fc.integer({ min: 2, max: 60 }),
        (all, room) => {
          const kept = fitPrompt(all, [reader(room)]);
          expect(kept).not.toBe('');
          expect(all.endsWith(kept)).toBe(true);
          expect(words(kept)).toBeLessThanOrEqual(room);
          const isLine = kept.length === all.length || all[all.length - kept.length - 1] === '\n';
          const lastLine = all.split(/(?<=\n)/).at(-1)!;
          expect(isLine || kept.length < lastLine.length).toBe(true);
        },
      ),
    );
  });
});
