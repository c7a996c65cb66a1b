/** Which teams there are: Verity's own, and those of settings and workspace. */
import { describe, expect, it } from 'vitest';
import { teamsOf } from '../../../../extension/solve/teams.ts';

const team = (role: string) => ({ layout: 'sequential', agents: [{ role, prompt: '{problem}' }] });
const source = (place: string, teams: unknown) => ({ place, content: { teams } });
const OWN = ['sequential', 'hierarchical', 'text', 'single'];

describe('teams', () => {
  it('are Verity’s own where nobody defines any', () => {
    const { teams, problems } = teamsOf([source('settings', {})]);
    expect(teams.map(({ name, definition }) => [name, definition])).toEqual(
      OWN.map((name) => [name, undefined]),
    );
    expect(problems).toEqual([]);
  });

  it('of a workspace come after those of the settings, and take the place of one of the same name', () => {
    const { teams } = teamsOf([
      source('settings', { mine: team('a'), ours: team('b') }),
      source('file', { mine: team('c') }),
    ]);
    expect(teams.map(({ name }) => name)).toEqual([...OWN, 'mine', 'ours']);
    const [mine] = teams.filter(({ name }) => name === 'mine');
    expect(mine!.definition!.agents[0]!.role).toBe('c');
    expect(mine!.definition!.latentSteps).toBe(10);
    expect(mine!.description).toBe('c · sequential, latent');
  });

  it.each([
    ['no JSON', 'no JSON'],
    ['an agent without a prompt', { teams: { mine: { layout: 'sequential', agents: [{ role: 'a' }] } } }],
    ['an unknown layout', { teams: { mine: { ...team('a'), layout: 'circle' } } }],
  ])('are not taken from a place with %s, which is told', (_, content) => {
    const { teams, problems } = teamsOf([
      source('settings', { ours: team('b') }),
      { place: 'the file', content },
    ]);
    expect(teams.map(({ name }) => name)).toEqual([...OWN, 'ours']);
    expect(problems).toEqual([expect.stringMatching(/^the file defines no usable team: /)]);
  });
});
