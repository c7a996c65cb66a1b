/** An editor closes brackets as they are opened; a completion that closes them too would leave one too many. */
import type { Filter } from './filter.ts';

const PAIRS: Record<string, string> = { ')': '(', ']': '[', '}': '{' };

/** White space, its last line apart, and the brackets behind it. */
const CLOSERS = /^(?:\s*\n)?([ \t]*)([)\]}]+;?)/;

export const duplicatedBrackets: Filter = {
  name: 'closes brackets that are closed already',
  apply(completion, { suffix }) {
    const [before, indent, closers] = CLOSERS.exec(suffix) ?? [];
    if (before === undefined) return completion;
    const isOtherLine = before.includes('\n');
    const end = completion.trimEnd();
    for (let length = closers!.length; length > 0; length--) {
      const tail = closers!.slice(0, length);
      if (!end.endsWith(tail) || closedOutside(end) < bracketsIn(tail)) continue;
      const rest = end.slice(0, -length);
      // The bracket of another block stands at another indentation.
      if (isOtherLine && !rest.endsWith(`\n${indent!}`)) return completion;
      const text = isOtherLine ? rest.trimEnd() : rest;
      return text.trim() === '' ? undefined : text;
    }
    return completion;
  },
};

const bracketsIn = (text: string): number => text.match(/[)\]}]/g)?.length ?? 0;

/** How many brackets a text closes that it has not opened. */
function closedOutside(text: string): number {
  const open: string[] = [];
  let outside = 0;
  for (const character of text) {
    if (Object.values(PAIRS).includes(character)) open.push(character);
    else if (character in PAIRS) {
      if (open.at(-1) === PAIRS[character]) open.pop();
      else outside++;
    }
  }
  return outside;
}
