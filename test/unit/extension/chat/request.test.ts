/** What a chat request asks for. */
import { describe, expect, it } from 'vitest';
import { pairIn, premisesIn } from '../../../../extension/chat/request.ts';

const file = (name: string) => ({ name, text: `text of ${name}` });
const BLOCKS = 'Which sorts?\n```ts\na\n```\nor\n```ts\nb\n```';

describe('the pair to judge', () => {
  it('is two code blocks, with what is said around them', () => {
    expect(pairIn(BLOCKS, [])).toEqual({
      a: { name: 'block 1', text: 'a' },
      b: { name: 'block 2', text: 'b' },
      instruction: 'Which sorts?\nor',
    });
  });

  it('is two attachments, or one and a block', () => {
    expect(pairIn('', [file('a'), file('b')])).toEqual({
      a: file('a'),
      b: file('b'),
      instruction: undefined,
    });
    expect(pairIn('```\nb\n```', [file('a')])?.b.text).toBe('b');
  });

  it.each([
    ['nothing', '', []],
    ['one', '', [file('a')]],
    ['three', BLOCKS, [file('a')]],
  ])('is none with %s', (_, prompt, attached) => {
    expect(pairIn(prompt, attached)).toBeUndefined();
  });
});

describe('premises and question', () => {
  it('are the sentences before it, lists included', () => {
    expect(premisesIn('- All men are mortal.\n- Socrates is a man.\nIs Socrates mortal?')).toEqual({
      premises: ['All men are mortal.', 'Socrates is a man.'],
      question: 'Is Socrates mortal?',
    });
    expect(premisesIn('Tea costs 3.5 euros. Cake costs twice that. What does cake cost?')).toEqual({
      premises: ['Tea costs 3.5 euros.', 'Cake costs twice that.'],
      question: 'What does cake cost?',
    });
  });

  it.each([
    ['no question', 'All men are mortal.'],
    ['no premise', 'Is Socrates mortal?'],
    ['nothing', ''],
  ])('are not there with %s', (_, text) => {
    expect(premisesIn(text)).toBeUndefined();
  });
});
