/** Code from elsewhere: what belongs to a hunk is shown to the judge, and goes first where room is short. */
import { describe, expect, it } from 'vitest';
import { MAX_CONTEXT, trimContext } from '../../../server/judge/context.ts';
import { rubrics } from '../../../server/judge/prompts/chat.ts';
import { surroundingsOf } from '../../../server/judge/surroundings.ts';
import { promptText } from './scripted-model.ts';

const range = (startLine: number, endLine: number) => ({ startLine, endLine });
const reviewed = {
  file: 'src/a.ts',
  after: 'import x\n\nfunction f() {\n  x();\n}\nimport y\n',
  context: {
    functions: [],
    imports: [range(0, 1), range(5, 6)],
    callers: [
      { calls: range(2, 5), file: 'src/b.ts', text: 'f();\n' },
      { calls: range(9, 12), file: 'src/c.ts', text: 'g();\n' },
    ],
  },
};

describe('the surroundings of a hunk', () => {
  it('are the imports, then the callers of the function it is in', () => {
    expect(surroundingsOf(reviewed, range(3, 4))).toEqual([
      { title: 'src/a.ts imports', text: 'import x\nimport y\n' },
      { title: 'src/b.ts calls it', text: 'f();\n' },
    ]);
    expect(surroundingsOf(reviewed, range(7, 8))).toHaveLength(1);
  });

  it('are none where nothing is known', () => {
    expect(surroundingsOf({ file: 'f', after: 'x\n' }, range(0, 1))).toEqual([]);
    const context = { functions: [], imports: [range(50, 60)], callers: [] };
    expect(surroundingsOf({ file: 'f', after: 'x\n', context }, range(0, 1))).toEqual([]);
  });
});

describe('where room is short', () => {
  const lines = (count: number, text: string) => `${text}\n`.repeat(count);
  const pair = {
    a: `${lines(20, 'same')}old\n`,
    b: `${lines(20, 'same')}new\n`,
    language: 'typescript',
    surroundings: [
      { title: 'imports', text: lines(5, 'import') },
      { title: 'caller', text: lines(10, 'call') },
      { title: 'small caller', text: 'call\n' },
    ],
  };
  const titles = (context: number) => trimContext(pair, context).surroundings!.map(({ title }) => title);

  it('the last pieces go first and whole, before the function itself is touched', () => {
    expect(titles(Infinity)).toHaveLength(3);
    expect(titles(MAX_CONTEXT + 16)).toHaveLength(3);
    expect(titles(MAX_CONTEXT + 15)).toEqual(['imports', 'caller']);
    expect(titles(MAX_CONTEXT + 14)).toEqual(['imports']);
    expect(titles(MAX_CONTEXT)).toEqual([]);
    expect(trimContext(pair, MAX_CONTEXT)).toMatchObject({ a: pair.a, b: pair.b });
  });
});

it('a chat judge reads them once, fenced, before both answers', () => {
  const surroundings = [{ title: 'src/b.ts calls it', text: 'f(); // ```\n' }];
  const pair = { a: 'old\n', b: 'new\n', language: 'typescript', surroundings };
  const text = promptText(rubrics.prompt(pair));
  expect(text).toContain('src/b.ts calls it:\n````typescript\nf(); // ```\n````');
  expect(text.indexOf('calls it')).toBeLessThan(text.indexOf("Chatbot A's Response]"));
  expect(promptText(rubrics.prompt({ ...pair, surroundings: [] }))).not.toContain('code around it');
});
