/** Prompts of one or more turns. */
import { z } from 'zod';

export const Turns = z.union([
  z.string(),
  z.array(z.object({ role: z.string(), content: z.string() })).nonempty(),
]);

/** The one question, or the whole conversation so far with its speakers. */
export function conversation(turns: z.output<typeof Turns>): string {
  if (typeof turns === 'string') return turns;
  const [first, ...more] = turns;
  if (more.length === 0) return first!.content;
  return turns.map(({ role, content }) => `${role}: ${content}`).join('\n');
}
