/** What a run is worth beside its baselines. */
import { describe, expect, it } from 'vitest';
import { baselinesOf, compare } from '../../../server/agents/compare.ts';
import { TEAMS } from '../../../server/agents/teams.ts';
import type { Solution } from '../../../server/protocol/solution.ts';

const solution = (team: string, answer: string, outputTokens: number, ms: number): Solution => ({
  team,
  answer,
  agents: [],
  trajectories: [],
  outputTokens,
  forwardedTokens: 0,
  ms,
});

describe('the comparison', () => {
  it('runs the single model and the same agents in text, but nothing twice', () => {
    const names = (name: keyof typeof TEAMS) => baselinesOf(name, TEAMS[name]).map((each) => each.name);
    expect(names('sequential')).toEqual(['single', 'text']);
    expect(baselinesOf('hierarchical', TEAMS.hierarchical)[1]!.team.layout).toBe('hierarchical');
    expect(names('text')).toEqual(['single']);
    expect(names('single')).toEqual([]);
  });

  it('says that a team which answers as the single model does, at no less cost, gained nothing', () => {
    const run = solution('sequential', 'So \\boxed{5}', 20, 900);
    expect(compare(run, [solution('single', '\\boxed{5.0}', 12, 300)])).toEqual([
      'The single model gives the same answer, so the team gained nothing here: 12 output tokens and 0.3 s alone, 20 output tokens and 0.9 s as a team.',
    ]);
    expect(compare(run, [solution('single', '\\boxed{5}', 40, 2000)])[0]).toMatch(
      /for more: 40 output tokens/,
    );
  });

  it('never claims to know which of two answers is right', () => {
    const [sentence] = compare(solution('sequential', '5', 1, 1), [solution('single', '6', 9, 9)]);
    expect(sentence).toMatch(/another answer, and nothing here tells/);
  });

  it('says so where nothing was saved against text, and is silent where it was', () => {
    const text = solution('text', '5', 50, 1000);
    expect(compare(solution('sequential', '5', 10, 500), [text])).toEqual([]);
    expect(compare(solution('sequential', '5', 50, 500), [text])[0]).toMatch(/saved nothing/);
    expect(compare(solution('sequential', '5', 10, 1500), [text])[0]).toMatch(/saved nothing/);
  });
});
