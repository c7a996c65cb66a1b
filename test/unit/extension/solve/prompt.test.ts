/** What a team reads. */
import { describe, expect, it } from 'vitest';
import { problemText, within } from '../../../../extension/solve/prompt.ts';

const PROBLEM = { ask: 'Sort them.', file: 'a.ts', language: 'typescript', code: 'f();' };
const item = (text: string) => ({ label: 'Imports', description: 'a.ts:1', text });

describe('the problem', () => {
  it('has the chosen context, the code, and the question last', () => {
    const text = problemText(PROBLEM, [item('import b')]);
    const places = ['import b', 'f();', 'Sort them.', 'in one code block'].map((part) => text.indexOf(part));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
  });

  it('holds nothing that was not chosen', () => {
    expect(problemText({ ...PROBLEM, code: '' }, [])).toBe('Sort them.');
  });

  it('keeps code whole that holds fences', () => {
    expect(problemText({ ...PROBLEM, code: '```\nx\n```' }, [])).toContain(
      '````typescript\n```\nx\n```\n````',
    );
  });
});

it('checks as much context as goes into the budget', () => {
  expect(within(['aaa', 'bbbbb', 'cc', 'd'].map(item), 6)).toEqual([true, false, true, true]);
  expect(within([], 6)).toEqual([]);
});
