/** Where a reward model's base is found, and how it says it wants to be asked. */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveSafety } from '../../../server/catalog/resolve.ts';
import { checkpointDirectory, expectVerityError } from '../runtime/fixtures.ts';
import { adapterDirectory, temporaryDirectory } from '../safety/fixtures.ts';

/** An adapter that names llama3-gqa as its base, in a folder of its own. */
async function adapter(manifest?: object): Promise<string> {
  const folder = await temporaryDirectory();
  const directory = join(folder, 'mrm');
  await cp(adapterDirectory('mrm-llama'), directory, { recursive: true });
  await rm(join(directory, 'verity.json'), { force: true });
  if (manifest !== undefined) await writeFile(join(directory, 'verity.json'), JSON.stringify(manifest));
  return directory;
}

describe('resolveSafety', () => {
  it('takes what verity.json says', async () => {
    const base = checkpointDirectory('llama3-gqa');
    const directory = await adapter({ roles: ['safety'], base, frame: 'code', threshold: 0.25 });
    expect(await resolveSafety(directory)).toEqual({
      id: 'mrm',
      files: { base, adapter: directory },
      frame: 'code',
      threshold: 0.25,
    });
  });

  it('finds a base that lies beside the adapter, with its context; a published one reads conversations', async () => {
    const directory = await adapter();
    const base = join(directory, '../llama3-gqa');
    await mkdir(base);
    await writeFile(join(base, 'config.json'), '{}');
    await writeFile(join(base, 'verity.json'), '{"contextLength": 256}');
    expect(await resolveSafety(directory)).toEqual({
      id: 'mrm',
      files: { base, adapter: directory },
      frame: 'chat',
      threshold: 0,
      maxContext: 256,
    });
  });

  it('refuses a base that is not at hand, a frame that does not exist, and a folder that is none', async () => {
    await expectVerityError(
      resolveSafety(await adapter()),
      'badModel',
      /trained on llama3-gqa, which is not at hand\. Put that checkpoint beside it/,
    );
    await expectVerityError(
      resolveSafety(await adapter({ frame: 'prose' })),
      'badModel',
      /verity\.json is not valid/,
    );
    await expectVerityError(resolveSafety('/nowhere'), 'badInput', /no model directory \/nowhere/);
  });
});
