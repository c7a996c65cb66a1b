/** The product's TypeScript as it stands, bundled for plain Node. */
import { build } from 'esbuild';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeModule } from '../../scripts/node-bundle.mjs';

const folder = join(import.meta.dirname, '../../.verity/bench');

async function bundle(entry, outfile) {
  await build({
    ...nodeModule,
    entryPoints: [join(import.meta.dirname, entry)],
    outfile,
    logLevel: 'error',
  });
}

const outfile = join(folder, 'runtime.mjs');

/** Bundles the sources anew; processes started afterwards import the result with `runtime()`. */
export const bundleRuntime = () => bundle('runtime-entry.ts', outfile);

/** @returns {Promise<typeof import('./runtime-entry.ts')>} */
export const runtime = () => import(pathToFileURL(outfile).href);

/** Bundles an entry of this folder anew and loads it. */
export async function bundled(entry) {
  const file = join(folder, entry.replace(/-entry\.ts$/, '.mjs'));
  await bundle(entry, file);
  return import(pathToFileURL(file).href);
}
