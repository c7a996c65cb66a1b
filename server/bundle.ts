/** What the built product knows of itself: its version, and the files that lie beside the running bundle. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import manifest from '../package.json' with { type: 'json' };

export const VERSION: string = manifest.version;

const folder = dirname(fileURLToPath(import.meta.url));

/** The worker process of a model: dist/worker.mjs. */
export const workerFile = join(folder, 'worker.mjs');

/** The language server: dist/server.mjs. */
export const serverFile = join(folder, 'server.mjs');
