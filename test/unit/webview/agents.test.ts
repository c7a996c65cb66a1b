/** What the agents panel works out: agreement with the answer, and figures in words. */
import { describe, expect, it } from 'vitest';
import type { Lane } from '../../../server/protocol/agents-panel.ts';
import { agreement } from '../../../webview/agents/agreement.ts';
import { against, bytes, isSameAnswer, percent, visible } from '../../../webview/agents/words.ts';

const thinking = (...tokens: string[]): Lane => ({
  agent: 0,
  role: 'planner',
  text: '',
  steps: tokens.map((text, step) => ({
    agent: 0,
    step,
    norm: 1,
    entropy: 1,
    nearest: [{ text, probability: 1 }],
  })),
});
const writing = (text: string): Lane => ({ ...thinking(), text });

describe('agreement with the answer', () => {
  it('of latent steps counts the words that the head reads first and the answer has, each once', () => {
    const lane = thinking(' Guard', 'guard', ' zero', '\n', ' banana');
    expect(agreement(lane, 'It guards against zero.')).toEqual({ shared: 2, of: 3 });
  });

  it('of a text counts its words, whole ones alone', () => {
    expect(agreement(writing('Use a guard, then 15.'), 'The guards are 15.')).toEqual({ shared: 1, of: 4 });
  });

  it('is not told where no word is read', () => {
    expect(agreement(thinking('\n', '(', ' a'), 'a (b)')).toBeUndefined();
  });
});

describe('words', () => {
  it.each([
    [28, 100, '72 % less'],
    [100, 100, 'the same'],
    [240, 100, '2.4 × as much'],
    [0, 0, 'the same'],
    [5, 0, 'more'],
  ])('%i against %i: %s', (mine, other, expected) => {
    expect(against(mine, other)).toBe(expected);
  });

  it('show white space, and shares that are not nothing', () => {
    expect(visible(' the\n\u0007')).toBe('·the⏎␦');
    expect(visible('')).toBe('∅');
    expect([percent(0), percent(0.001), percent(0.5)]).toEqual(['0 %', '< 1 %', '50 %']);
    expect([bytes(12), bytes(4_014_080)]).toEqual(['12 B', '4.0 MB']);
  });

  it('take answers for the same that differ in white space alone', () => {
    expect(isSameAnswer({ answer: 'a\n b ' }, { answer: 'a b' })).toBe(true);
    expect(isSameAnswer({ answer: 'a' }, { answer: 'b' })).toBe(false);
  });
});
