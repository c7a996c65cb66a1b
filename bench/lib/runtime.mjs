/** The runtime's TypeScript as it stands, bundled for plain Node. */
import { build } from 'esbuild';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeModule } from '../../scripts/node-bundle.mjs';

const root = join(import.meta.dirname, '../..');
const outfile = join(root, '.verity/bench/runtime.mjs');

/** Bundles the sources anew; processes started afterwards import the result with `runtime()`. */
export const bundleRuntime = () =>
  build({
    ...nodeModule,
    entryPoints: [join(import.meta.dirname, 'runtime-entry.ts')],
    outfile,
    logLevel: 'error',
  });

/** @returns {Promise<typeof import('./runtime-entry.ts')>} */
export const runtime = () => import(pathToFileURL(outfile).href);
