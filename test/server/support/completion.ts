/** A policy and a reward model for tests of completions: small and random, in folders of their own. */
import { cp, writeFile } from 'node:fs/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { checkpointDirectory, copyOf, editJson } from '../../unit/runtime/fixtures.ts';
import { adapterDirectory } from '../../unit/safety/fixtures.ts';
import { folder } from './files.ts';

export const POLICY = checkpointDirectory('llama3-gqa');

/** Merged checkpoints go to a cache of the test file's own, and away with it. */
export function useOwnCache(): void {
  const cache = mkdtempSync(join(tmpdir(), 'verity-cache-'));
  process.env['XDG_CACHE_HOME'] = cache;
  afterAll(() => rmSync(cache, { recursive: true }));
}

/** A reward model on that policy; its rewards are between −10 and 10. */
export async function safetyModel(
  manifest: { base?: string; threshold?: number; frame?: string } = {},
): Promise<string> {
  const directory = folder();
  await cp(adapterDirectory('mrm-llama'), directory, { recursive: true });
  const json = { roles: ['safety'], base: POLICY, frame: 'code', threshold: -100, ...manifest };
  await writeFile(join(directory, 'verity.json'), JSON.stringify(json));
  return directory;
}

/** Models that never end a completion, and have room for the longest: time enough to cancel or kill them. */
export async function endlessModels(): Promise<{ policyModel: string; safetyModel: string }> {
  const directory = await copyOf('llama3-gqa');
  for (const file of ['config.json', 'generation_config.json'])
    await editJson(directory, file, (json) => ({ ...json, eos_token_id: null }));
  await editJson(directory, 'config.json', (json) => ({ ...json, max_position_embeddings: 2048 }));
  return { policyModel: directory, safetyModel: await safetyModel({ base: directory }) };
}

export const PYTHON = 'import os\n\ndef run(command):\n    os.';
