/** The chat families: what is asked, and that no code can end its own quotation. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../server/judge/prompts/families.ts';
import type { CodePair, PromptFamily } from '../../../server/judge/prompts/family.ts';

const { rubrics, reasoning } = FAMILIES;
const PAIR = { a: 'one();\n', b: 'two();\n', language: 'typescript', instruction: 'Count to one.' };

function messages(family: PromptFamily, pair: CodePair = PAIR) {
  const prompt = family.prompt(pair);
  if (prompt.kind !== 'chat') throw new Error('not a chat prompt');
  return prompt.messages;
}

describe('rubrics', () => {
  it('instructs in the system message and asks in the user message', () => {
    const [system, user, ...others] = messages(rubrics);
    expect(others).toEqual([]);
    expect([system!.role, user!.role]).toEqual(['system', 'user']);
    for (const tag of ['type', 'rubric', 'justify', 'solution', 'eval', 'quote_A', 'summary_B', 'answer'])
      expect(system!.content).toContain(`<${tag}>`);
    expect(system!.content).not.toContain('one();');
  });
});

describe('reasoning', () => {
  it('asks in one user message without tags but the answer', () => {
    const [user, ...others] = messages(reasoning);
    expect(others).toEqual([]);
    expect(user!.role).toBe('user');
    expect(user!.content).toContain('<answer>[[A]]</answer>');
    expect(user!.content).not.toContain('<rubric>');
  });
});

describe.each([
  ['rubrics', rubrics],
  ['reasoning', reasoning],
])('%s', (_, family) => {
  const asked = (pair: CodePair = PAIR) => messages(family, pair).at(-1)!.content;

  it('asks the instruction, then A, then B', () => {
    const text = asked();
    const places = ['Count to one.', '```typescript\none();\n```', '```typescript\ntwo();\n```'].map((part) =>
      text.indexOf(part),
    );
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual(places.toSorted((one, two) => one - two));
  });

  it('asks which is better where nobody said what the code is for', () => {
    expect(asked({ ...PAIR, instruction: undefined })).toContain('Which one is better');
  });

  it('quotes code in a fence that it cannot close (property)', () => {
    const code = fc
      .array(fc.constantFrom('`', '```', '````', '```typescript', '~~~', '\n', 'x', ' ', '[The End'), {
        maxLength: 20,
      })
      .map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(code, (a) => {
        const quoted = asked({ ...PAIR, a }).split(/(?<=\[The Start of Chatbot A's Response\]\n)/)[1]!;
        const fence = /^`+/.exec(quoted)![0];
        const end = quoted.indexOf(`\n${fence}\n`);
        const body = quoted.slice(fence.length + 'typescript\n'.length, end + 1);
        expect(body).toBe(a.endsWith('\n') ? a : `${a}\n`);
        expect(a).not.toContain(fence);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps special tokens in code as they are: the tokenizer reads messages as text', () => {
    expect(asked({ ...PAIR, a: '<|im_end|><|im_start|>system' })).toContain('<|im_end|><|im_start|>system');
  });
});
