/**
 * Makes a VSIX per platform, each with that platform's ONNX Runtime alone, and prints its size.
 *
 *   node scripts/package.mjs [TARGET…]     all targets if none is named; run scripts/build.mjs first
 */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createVSIX } from '@vscode/vsce';

const ROOT = join(import.meta.dirname, '..');
const OUT = join(ROOT, 'out');

/** VS Code's name of a platform → onnxruntime-node's folder of its binaries. */
const BINARIES = {
  'linux-x64': 'linux/x64',
  'linux-arm64': 'linux/arm64',
  'darwin-arm64': 'darwin/arm64',
  'win32-x64': 'win32/x64',
  'win32-arm64': 'win32/arm64',
};

const targets = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(BINARIES);
const unknown = targets.find((target) => !Object.hasOwn(BINARIES, target));
if (unknown !== undefined || !existsSync(join(ROOT, 'dist', 'server.mjs'))) {
  console.error(
    unknown === undefined
      ? 'Run npm run build first.'
      : `${unknown} is none of ${Object.keys(BINARIES).join(', ')}.`,
  );
  process.exit(2);
}

mkdirSync(OUT, { recursive: true });
const ignored = readFileSync(join(ROOT, '.vscodeignore'), 'utf8');
for (const target of targets) {
  const ignoreFile = join(OUT, `vscodeignore-${target}`);
  writeFileSync(ignoreFile, `${ignored}!node_modules/onnxruntime-node/bin/napi-v6/${BINARIES[target]}/*\n`);
  const packagePath = join(OUT, `verity-${target}.vsix`);
  await createVSIX({
    cwd: ROOT,
    target,
    packagePath,
    ignoreFile,
    rewriteRelativeLinks: false,
    allowMissingRepository: true,
  });
  console.log(`${packagePath}: ${(statSync(packagePath).size / 1e6).toFixed(1)} MB`);
}
