/**
 * Sets up what the tests need and runs all of them: the README's second command, and what CI calls.
 * Ends with one line `N passed, N failed`; a check (lint, types, packaging) counts as one test.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';

const total = { passed: 0, failed: 0 };
const PYTHON = '.verity/venv/bin/python';

/** Runs a program with its output shown; true if it exited 0. */
function run(program, args, options = {}) {
  return spawnSync(program, args, { stdio: 'inherit', ...options }).status === 0;
}

function step(title, action) {
  const started = Date.now();
  console.log(`\n── ${title}`);
  const { passed, failed } = action();
  total.passed += passed;
  total.failed += failed;
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  console.log(`── ${title}: ${passed} passed, ${failed} failed (${seconds} s)`);
}

const check = (program, args, options) => () =>
  run(program, args, options) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };

/** One Vitest project. A skipped test counts as failed: nothing here may be skipped. */
const vitest = (project) => () => {
  const report = `out/vitest-${project}.json`;
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const ok = run('npx', ['vitest', 'run', '--project', project, ...reporters]);
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const { numPassedTests: passed, numTotalTests: all } = JSON.parse(readFileSync(report, 'utf8'));
  const failed = all - passed;
  return { passed, failed: ok && all > 0 ? failed : Math.max(failed, 1) };
};

function pytest() {
  const report = 'out/pytest.xml';
  rmSync(report, { force: true });
  const ok = run(resolve(PYTHON), ['-m', 'pytest', '-q', `--junitxml=${resolve(report)}`], {
    cwd: 'training',
  });
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const count = (name) =>
    Number(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(readFileSync(report, 'utf8'))[1]);
  const failed = count('failures') + count('errors') + count('skipped');
  const passed = count('tests') - failed;
  return { passed, failed: ok && passed > 0 ? failed : Math.max(failed, 1) };
}

/** Chromium for the panels, what code-server's native modules are built with, and venv for Python. */
function systemPackages() {
  const needed = { '/usr/bin/chromium': 'chromium', '/usr/bin/rg': 'ripgrep' };
  const missing = Object.keys(needed).filter((file) => !existsSync(file));
  if (missing.length === 0) return { passed: 0, failed: 0 };
  if (process.platform !== 'linux' || process.getuid() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.error(
      `Install ${missing.map((file) => needed[file]).join(' and ')} so that ${missing.join(', ')} exist.`,
    );
    return { passed: 0, failed: 1 };
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const ok =
    run('apt-get', ['update', '-qq'], { env }) &&
    run(
      'apt-get',
      ['install', '-y', '-qq', '--no-install-recommends', ...missing.map((file) => needed[file])],
      { env },
    );
  return { passed: 0, failed: ok ? 0 : 1 };
}

function pythonEnvironment() {
  const ok =
    (existsSync(PYTHON) || run('python3', ['-m', 'venv', '.verity/venv'])) &&
    run(PYTHON, ['-m', 'pip', 'install', '-q', '-r', 'training/requirements.txt']);
  return { passed: 0, failed: ok ? 0 : 1 };
}

mkdirSync('out', { recursive: true });
step('Debian packages', systemPackages);
step('Bundles', check('node', ['scripts/build.mjs']));
step('Types', check('npx', ['tsc', '--noEmit']));
step('ESLint', check('npx', ['eslint', '.']));
step('Prettier', check('npx', ['prettier', '--check', '--log-level', 'warn', '.']));
step('Unit tests', vitest('unit'));
step('Server over LSP, CLI', vitest('server'));
step('Panels in Chromium', vitest('panels'));
step('VSIX', check('node', ['scripts/package.mjs', 'linux-x64']));
step('Editor for the end-to-end tests', check('node', ['scripts/setup-editor.mjs']));
step('Extension in a real editor', vitest('e2e'));
step('Python environment', pythonEnvironment);
const python = (...args) => check(resolve(PYTHON), ['-m', ...args], { cwd: 'training' });
step('Ruff', python('ruff', 'check', '.'));
step('Ruff format', python('ruff', 'format', '--check', '.'));
step('Mypy', python('mypy'));
step('Training tests', pytest);

console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
