/**
 * `npm run test:vscode`: the extension in a VS Code that @vscode/test-electron downloads, on Windows, macOS and Linux.
 * Needs access to VS Code's update server; where there is none, `npm run test:e2e` drives code-server instead.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const EXAMPLES = join(ROOT, 'test', 'fixtures', 'examples');
const SUITE = join(ROOT, 'out', 'vscode-suite.cjs');

/** A Git folder with one committed file and one change to it. */
function workspaceWithChange() {
  const folder = mkdtempSync(join(tmpdir(), 'verity-vscode-'));
  const git = (...args) =>
    execFileSync('git', ['-c', 'user.name=Verity', '-c', 'user.email=verity@example.invalid', ...args], {
      cwd: folder,
      stdio: 'pipe',
    });
  cpSync(join(EXAMPLES, 'average.good.py'), join(folder, 'average.py'));
  git('init', '-q');
  git('add', '.');
  git('commit', '-qm', 'first');
  cpSync(join(EXAMPLES, 'average.bad.py'), join(folder, 'average.py'));
  cpSync(join(EXAMPLES, 'export.good.py'), join(folder, 'new.py'));
  cpSync(join(EXAMPLES, 'export.bad.py'), join(folder, 'old.py'));
  mkdirSync(join(folder, '.vscode'));
  writeFileSync(
    join(folder, '.vscode', 'settings.json'),
    '{"verity.judge.model": "/workspace/must/not/choose"}',
  );
  return folder;
}

const folder = workspaceWithChange();
try {
  await build({
    entryPoints: [join(import.meta.dirname, 'suite.ts')],
    outfile: SUITE,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode'],
  });
  await runTests({
    version: process.env['VSCODE_VERSION'] ?? 'stable',
    extensionDevelopmentPath: ROOT,
    extensionTestsPath: SUITE,
    launchArgs: [folder, '--disable-workspace-trust'],
  });
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
