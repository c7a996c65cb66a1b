/** The README's first command: builds what is missing and has the embedded model judge an example change, on CPU. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const node = (...args) => execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' });

if (!existsSync(join(root, 'dist', 'cli.mjs'))) node('scripts/build.mjs');

const [good, bad] = ['good', 'bad'].map((version) => `test/fixtures/examples/average.${version}.py`);
console.log(`\nverity judge ${bad} ${good}\n`);
node('dist/cli.mjs', 'judge', bad, good);
