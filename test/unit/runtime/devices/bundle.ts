/** A TypeScript file as a module that plain Node can run in a process of its own. */
import { build } from 'esbuild';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeModule } from '../../../../scripts/node-bundle.mjs';

const ROOT = join(import.meta.dirname, '../../../..');

export interface Bundle {
  file: string;
  remove: () => Promise<void>;
}

/** Inside the repository, so that the module finds ONNX Runtime. */
export async function bundle(entry: string): Promise<Bundle> {
  await mkdir(join(ROOT, '.verity'), { recursive: true });
  const folder = await mkdtemp(join(ROOT, '.verity', 'test-'));
  const file = join(folder, 'child.mjs');
  await build({
    ...nodeModule,
    entryPoints: [join(ROOT, entry)],
    outfile: file,
    logLevel: 'error',
  });
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}
