/** The problem as the team reads it. */

/** A piece of the workspace that helps: a name for people, and its text. */
export interface ContextItem {
  label: string;
  description: string;
  text: string;
}

export interface Problem {
  /** What is to be done. */
  ask: string;
  file: string;
  language: string;
  /** The code that the answer may replace; empty for a question. */
  code: string;
}

const fenced = (language: string, text: string): string => {
  // A fence longer than any inside: code that holds fences of its own stays whole.
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
};

/** Context first, the question last: what a small model has just read it remembers best. */
export function problemText({ ask, file, language, code }: Problem, context: readonly ContextItem[]): string {
  const parts = context.map(({ label, text }) => `${label}:\n${fenced(language, text)}`);
  if (code === '') return [...parts, ask].join('\n\n');
  return [
    ...parts,
    `The code in question, from ${file}:\n${fenced(language, code)}`,
    ask,
    'Answer with the whole code in question as it should be, in one code block, and say briefly what you changed.',
  ].join('\n\n');
}

/** Of what is offered, as much as goes into a budget is checked at first; what does not fit is left to the user. */
export function within(items: readonly ContextItem[], maxCharacters: number): boolean[] {
  let left = maxCharacters;
  return items.map(({ text }) => {
    const fits = text.length <= left;
    if (fits) left -= text.length;
    return fits;
  });
}
