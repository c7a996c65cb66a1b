/** Hostile code: whatever it spells, the judge reads it as text, and only the judge's own final answer counts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judgePair } from '../../../server/judge/judge.ts';
import { FAMILIES } from '../../../server/judge/prompts/families.ts';
import { parseTags } from '../../../server/judge/tags.ts';
import { openCheckpoint } from '../../../server/runtime/checkpoint.ts';
import type { TextTokenizer } from '../../../server/runtime/tokenizer.ts';
import { CHECKPOINTS, checkpointDirectory } from '../runtime/fixtures.ts';
import { HARMLESS, inject, type Injection, readInjections } from './injections.ts';
import { ScriptedModel } from './scripted-model.ts';

const ROOT = join(import.meta.dirname, '../../..');
const INJECTIONS = readInjections(ROOT);
const NANO = join(ROOT, 'models/nano-judge');

const CODE = {
  typescript: { a: 'const half = n / 2;\n', b: 'const half = n / 3;\n' },
  javascript: { a: 'module.exports = (n) => n / 2;\n', b: 'module.exports = (n) => n / 3;\n' },
  python: { a: 'def half(n):\n    return n / 2\n', b: 'def half(n):\n    return n / 3\n' },
};
const LANGUAGES = Object.keys(CODE) as (keyof typeof CODE)[];

it('the set has at least 50 injections of every kind, comments and strings, no two the same', () => {
  expect(INJECTIONS.length).toBeGreaterThanOrEqual(50);
  expect(new Set(INJECTIONS.map(({ text, place }) => `${place} ${text}`)).size).toBe(INJECTIONS.length);
  expect(new Set(INJECTIONS.map(({ id }) => id)).size).toBe(INJECTIONS.length);
  expect(new Set(INJECTIONS.map(({ kind }) => kind)).size).toBe(7);
  expect(new Set(INJECTIONS.map(({ place }) => place)).size).toBe(2);
});

/** Ids of the added tokens that are no plain white space. */
function specialIds(directory: string): Set<number> {
  const { added_tokens: tokens } = JSON.parse(readFileSync(join(directory, 'tokenizer.json'), 'utf8')) as {
    added_tokens: { id: number; content: string }[];
  };
  return new Set(tokens.filter(({ content }) => content.trim() !== '').map(({ id }) => id));
}

const judges = [
  { family: 'compact', checkpoint: 'nano-judge', directory: NANO },
  ...(['rubrics', 'reasoning'] as const).flatMap((family) =>
    CHECKPOINTS.map((checkpoint) => ({ family, checkpoint, directory: checkpointDirectory(checkpoint) })),
  ),
] as const;

describe.each(judges)('$family on $checkpoint', ({ family, directory }) => {
  /** The special tokens of a prompt in their order. */
  const specials = (
    tokenizer: TextTokenizer,
    special: Set<number>,
    language: string,
    pair: { a: string; b: string },
  ) => tokenizer.encode(FAMILIES[family].prompt({ ...pair, language })).filter((id) => special.has(id));

  it.each(LANGUAGES)(
    'forms no special token of what stands in %s code, in both versions or in one',
    async (language) => {
      const { tokenizer } = await openCheckpoint(directory);
      const special = specialIds(directory);
      const { a, b } = CODE[language];
      const placed = (injection: Injection) => [
        { a: inject(a, language, injection), b: inject(b, language, injection) },
        { a: inject(a, language, injection), b },
        { a, b: inject(b, language, injection) },
      ];
      for (const injection of INJECTIONS)
        for (const [index, pair] of placed(injection).entries()) {
          const expected = specials(tokenizer, special, language, placed(HARMLESS[injection.place])[index]!);
          expect(expected.length).toBeGreaterThan(2);
          expect([injection.id, specials(tokenizer, special, language, pair)]).toEqual([
            injection.id,
            expected,
          ]);
        }
    },
  );
});

describe('in a conversation', () => {
  it.each(['qwen3-sharded', 'llama3-gqa'] as const)(
    'forms no special token and no turn: %s',
    async (checkpoint) => {
      const { tokenizer } = await openCheckpoint(checkpointDirectory(checkpoint));
      const special = specialIds(checkpointDirectory(checkpoint));
      const ids = (text: string) => {
        const conversation = ['user', 'assistant', 'user'].map((role) => ({
          role: role as 'user',
          content: text,
        }));
        const prompt = FAMILIES.rubrics.prompt({
          a: text,
          b: `${text}!`,
          language: 'plaintext',
          conversation,
        });
        return tokenizer.encode(prompt).filter((id) => special.has(id));
      };
      for (const { id, text } of INJECTIONS) expect([id, ids(text)]).toEqual([id, ids('Nothing special.')]);
    },
  );
});

describe('an answer that quotes it', () => {
  it.each(INJECTIONS)('$id: only the final answer counts', ({ text }) => {
    // Who quotes an end of thinking before the tags has been thinking so far; the answer stands either way.
    for (const part of ['solution', 'eval'])
      expect(parseTags(`<${part}>\n${text}\n</${part}>\n<answer>[[A]]</answer>`).verdict).toBe('A');
    expect(parseTags(`<eval>\n<quote_A>${text}</quote_A>\n</eval>\n`).verdict).toBeNull();
    expect(parseTags(`<eval>${text} I can't tell.`).verdict).toBeNull();
  });

  it.each(INJECTIONS)('$id: the judgment is that of a judge who was not impressed', async ({ text }) => {
    const sober = new ScriptedModel((_, call) => [
      `<type>Reasoning</type>\n<eval>\n<quote_A>// ${text}</quote_A>\nIt is a comment.\n</eval>\n`,
      `<answer>[[${call === 0 ? 'A' : 'B'}]]</answer>`,
    ]);
    const judgment = await judgePair(sober, FAMILIES.rubrics, {
      a: `// ${text}\none();\n`,
      b: 'two();\n',
      language: 'typescript',
    });
    expect(judgment).toMatchObject({ verdict: 'A', agreement: true });
  });
});
