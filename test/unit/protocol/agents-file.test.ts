/** `.verity/agents.json`: what is a valid file, and the JSON schema by which editors complete it. */
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AgentsFile } from '../../../server/protocol/solution.ts';

const SCHEMA = join(import.meta.dirname, '../../../media/agents.schema.json');

const file = (team: object) => AgentsFile.safeParse({ teams: { mine: team } });
const agents = [{ role: 'solver', prompt: '{problem}' }];

describe('.verity/agents.json', () => {
  it('fills in what a team leaves out', () => {
    expect(file({ layout: 'sequential', agents }).data?.teams['mine']).toEqual({
      layout: 'sequential',
      handOver: 'latent',
      latentSteps: 10,
      keep: 'all',
      agents,
    });
  });

  it.each([
    ['an unknown layout', { layout: 'circle', agents }],
    ['no agents', { layout: 'sequential', agents: [] }],
    ['too many agents', { layout: 'sequential', agents: Array(17).fill(agents[0]) }],
    ['too many latent steps', { layout: 'sequential', latentSteps: 161, agents }],
    ['an agent without a role', { layout: 'sequential', agents: [{ role: '', prompt: 'x' }] }],
  ])('refuses %s', (_, team) => {
    expect(file(team).success).toBe(false);
  });

  it('has the schema that the extension ships', async () => {
    const schema = z.toJSONSchema(AgentsFile, { io: 'input', target: 'draft-7' });
    const title = { title: 'Teams of agents for Verity', ...schema };
    const options = await resolveConfig(SCHEMA);
    await expect(await format(JSON.stringify(title), { ...options, parser: 'json' })).toMatchFileSnapshot(
      SCHEMA,
    );
  });
});
