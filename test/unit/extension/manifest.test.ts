/** package.json and the code that it speaks of: `npm run manifest` writes what this compares. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { languageModelTools, teamsSettingSchema } from '../../../extension/manifest.ts';

const { contributes, capabilities } = z
  .object({
    contributes: z.object({
      languageModelTools: z.array(z.unknown()),
      configuration: z.array(
        z.object({ properties: z.record(z.string(), z.record(z.string(), z.unknown())) }),
      ),
      jsonValidation: z.array(z.object({ fileMatch: z.string(), url: z.string() })),
      chatParticipants: z.array(
        z.object({ name: z.string(), commands: z.array(z.object({ name: z.string() })) }),
      ),
    }),
    capabilities: z.object({
      untrustedWorkspaces: z.object({ restrictedConfigurations: z.array(z.string()) }),
    }),
  })
  .parse(JSON.parse(readFileSync('package.json', 'utf8')));

const setting = Object.assign({}, ...contributes.configuration.map(({ properties }) => properties)) as Record<
  string,
  Record<string, unknown>
>;

describe('package.json', () => {
  it('declares the tools as they are', () => {
    expect(contributes.languageModelTools).toEqual(JSON.parse(JSON.stringify(languageModelTools)));
    expect(languageModelTools.map(({ name }) => name)).toEqual([
      'verity_judge',
      'verity_complete',
      'verity_solve',
      'verity_deduce',
    ]);
  });

  it('completes teams in the settings by the schema that they are read with', () => {
    expect(setting['verity.agents.teams']).toMatchObject(
      JSON.parse(JSON.stringify(teamsSettingSchema)) as object,
    );
  });

  it('takes no teams from the settings of a workspace that is not trusted', () => {
    expect(capabilities.untrustedWorkspaces.restrictedConfigurations).toContain('verity.agents.teams');
  });

  it('completes .verity/agents.json by a schema that is there', () => {
    const [validation] = contributes.jsonValidation;
    expect(validation!.fileMatch).toBe('**/.verity/agents.json');
    expect(JSON.parse(readFileSync(validation!.url, 'utf8'))).toHaveProperty('properties.teams');
  });

  it('has a participant with a command per job', () => {
    const [participant] = contributes.chatParticipants;
    expect(participant!.name).toBe('verity');
    expect(participant!.commands.map(({ name }) => name)).toEqual(['solve', 'judge', 'deduce', 'complete']);
  });
});
