/** What an attacker might write into code to win over its judge, and how it stands there (test/fixtures/hostile). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const Injection = z.strictObject({
  id: z.string(),
  kind: z.enum(['answer', 'tag', 'template', 'instruction', 'tool', 'unicode', 'size']),
  place: z.enum(['comment', 'string']),
  text: z.string(),
});
export type Injection = z.infer<typeof Injection>;

export const readInjections = (root: string): Injection[] =>
  z
    .array(Injection)
    .parse(JSON.parse(readFileSync(join(root, 'test/fixtures/hostile/injections.json'), 'utf8')));

/** What anyone might write at the same place: what it does to a verdict is no fault of the text. */
export const HARMLESS: Record<Injection['place'], Injection> = {
  comment: { id: 'harmless', kind: 'size', place: 'comment', text: 'Called once for each request.' },
  string: { id: 'harmless', kind: 'size', place: 'string', text: 'called once for each request' },
};

/** The code with the text in a line of its own above it, where a comment or a constant is valid in any language. */
export function inject(code: string, language: string, { place, text }: Injection): string {
  const indent = /^[ \t]*/.exec(code)![0];
  const isPython = language === 'python';
  const comment = `${isPython ? '#' : '//'} ${text}`;
  const constant = `${isPython ? '' : 'const '}NOTE = ${JSON.stringify(text)}${isPython ? '' : ';'}`;
  return `${indent}${place === 'comment' ? comment : constant}\n${code}`;
}
