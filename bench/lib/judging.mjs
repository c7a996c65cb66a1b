/** The judge's TypeScript as it stands, bundled for plain Node. */
import { build } from 'esbuild';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const outfile = join(import.meta.dirname, '../../.verity/bench/judging.mjs');

/**
 * Bundles the sources anew and loads them.
 * @returns {Promise<typeof import('./judge-entry.ts')>}
 */
export async function judging() {
  await build({
    entryPoints: [join(import.meta.dirname, 'judge-entry.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['onnxruntime-node'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    outfile,
    logLevel: 'error',
  });
  return import(pathToFileURL(outfile).href);
}
