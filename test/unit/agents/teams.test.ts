/** The built-in teams, and the file by which the training of the embedded solver knows their prompts. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkTeam, promptOf } from '../../../server/agents/prompts.ts';
import { inText, TEAMS } from '../../../server/agents/teams.ts';
import { TeamDefinition, TeamName } from '../../../server/protocol/solution.ts';

const SNAPSHOT = join(import.meta.dirname, '../../fixtures/agents/prompts.json');

describe('the built-in teams', () => {
  it.each(TeamName.options)('is a valid definition that hears of the problem: %s', (name) => {
    const team = TEAMS[name];
    expect(TeamDefinition.parse(team)).toEqual(team);
    expect(() => checkTeam(team)).not.toThrow();
  });

  it('says the same to agents that hand over vectors and to those that hand over text', () => {
    expect(TEAMS.text.agents).toBe(TEAMS.sequential.agents);
    expect(inText(TEAMS.hierarchical)).toEqual({ ...TEAMS.hierarchical, handOver: 'text' });
  });

  it('has the prompts that the embedded solver is trained with', async () => {
    const prompts = Object.fromEntries(
      (['single', 'sequential', 'hierarchical'] as const).map((name) => [name, TEAMS[name].agents]),
    );
    const latent = promptOf({ role: 'x', prompt: '{earlier}' }, '', [{ role: '{roles}' }]);
    const text = promptOf({ role: 'x', prompt: '{earlier}.' }, '', [{ role: '{roles}', text: '{texts}' }]);
    const filled = [latent, text].map((prompt) => (prompt.kind === 'chat' ? prompt.messages : []));
    const json = JSON.stringify({ ...prompts, latent: filled[0], text: filled[1] }, null, 2);
    await expect(`${json}\n`).toMatchFileSnapshot(SNAPSHOT);
  });
});
