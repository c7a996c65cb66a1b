/** How much of an agent's work stands in the answer: what was carried over, which is not to say that it is right. */
import type { Lane } from '../../server/protocol/agents-panel.ts';

export interface Agreement {
  shared: number;
  of: number;
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** Of one letter there is one in every answer. */
const saysSomething = (word: string): boolean => word.length > 1 || /\p{N}/u.test(word);

/** Of a text its words, of latent steps the token that the head reads first in each; undefined if those hold no word. */
export function agreement({ text, steps }: Lane, answer: string): Agreement | undefined {
  const own =
    text === '' ? steps.flatMap(({ nearest: [first] }) => wordsOf(first?.text ?? '')) : wordsOf(text);
  const words = new Set(own.filter(saysSomething));
  if (words.size === 0) return undefined;
  const there = wordsOf(answer);
  const whole = new Set(there);
  // A token may be the beginning of a word; a word of a text is one.
  const stands = (word: string) =>
    whole.has(word) || (text === '' && there.some((other) => other.startsWith(word)));
  return { shared: [...words].filter(stands).length, of: words.size };
}
