/** The judge's TypeScript as it stands, bundled for plain Node. */
import { build } from 'esbuild';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeModule } from '../../scripts/node-bundle.mjs';

const outfile = join(import.meta.dirname, '../../.verity/bench/judging.mjs');

/**
 * Bundles the sources anew and loads them.
 * @returns {Promise<typeof import('./judge-entry.ts')>}
 */
export async function judging() {
  await build({
    ...nodeModule,
    entryPoints: [join(import.meta.dirname, 'judge-entry.ts')],
    outfile,
    logLevel: 'error',
  });
  return import(pathToFileURL(outfile).href);
}
