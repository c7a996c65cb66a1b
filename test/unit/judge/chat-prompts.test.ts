/** The chat prompts are those that models are trained with (test/fixtures/make_chat_prompts.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FAMILIES } from '../../../server/judge/prompts/families.ts';

const Case = z.object({
  name: z.string(),
  family: z.enum(['rubrics', 'reasoning']),
  pair: z.object({ a: z.string(), b: z.string(), language: z.string(), instruction: z.string().nullable() }),
  messages: z.array(z.object({ role: z.string(), content: z.string() })),
});

const cases = z
  .array(Case)
  .parse(JSON.parse(readFileSync(new URL('../../fixtures/chat-prompts.json', import.meta.url), 'utf8')));

describe.each(['rubrics', 'reasoning'] as const)('%s', (family) => {
  const own = cases.filter((each) => each.family === family);

  it.each(own)('asks as training does: $name', ({ pair, messages }) => {
    const prompt = FAMILIES[family].prompt({ ...pair, instruction: pair.instruction ?? undefined });
    expect(prompt).toEqual({ kind: 'chat', messages });
  });

  it('is held to at least ten questions', () => {
    expect(own.length).toBeGreaterThanOrEqual(10);
  });
});
