/** The built product: what users run, and what these tests run. `node scripts/build.mjs` makes it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');

export const BUNDLES = {
  server: join(ROOT, 'dist/server.mjs'),
  cli: join(ROOT, 'dist/cli.mjs'),
  worker: join(ROOT, 'dist/worker.mjs'),
};

export const EMBEDDED_JUDGE = join(ROOT, 'models/nano-judge');

/** `average.bad.py` and its like. */
export const example = (name: string): string => join(ROOT, 'test/fixtures/examples', name);

const missing = Object.values(BUNDLES).find((file) => !existsSync(file));
if (missing !== undefined) throw new Error(`There is no ${missing}; run node scripts/build.mjs first.`);
