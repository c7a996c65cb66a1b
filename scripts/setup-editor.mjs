/**
 * Installs a real VS Code host for the end-to-end tests where VS Code itself cannot be downloaded: code-server from
 * npm (the newest for Node 20; it is VS Code 1.100), its native modules built from source. Done once; later runs see
 * the stamp and return at once.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const VERSION = '4.100.3';
const HOST = join(import.meta.dirname, '..', '.verity', 'editor');
const STAMP = join(HOST, `ready-${VERSION}`);
const SERVER = join(HOST, 'node_modules', 'code-server');
const VSCODE = join(SERVER, 'lib', 'vscode');

/** Modules of code-server and VS Code that are compiled here; the rest ships ready. */
const NATIVE = ['node-pty', '@vscode/spdlog', '@parcel/watcher', 'native-watchdog', 'kerberos'];

const started = Date.now();
const log = (message) => console.log(`[${((Date.now() - started) / 1000).toFixed(0)} s] ${message}`);

/** Node's own headers where the machine has them, so that node-gyp downloads nothing. */
const headers = existsSync('/usr/include/node/node.h') ? { npm_config_nodedir: '/usr' } : {};

function run(cwd, program, ...args) {
  const env = { ...process.env, ...headers, npm_config_ignore_scripts: 'true', JOBS: '2' };
  execFileSync(program, args, { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] });
}

function debianPackages() {
  const needed = ['libkrb5-dev', 'ripgrep', 'chromium', 'make', 'g++', 'python3', 'git'];
  const installed = (name) => {
    try {
      return execFileSync('dpkg-query', ['-W', '-f=${Status}', name], {
        stdio: ['ignore', 'pipe', 'ignore'],
      }).includes('ok installed');
    } catch {
      return false;
    }
  };
  const missing = needed.filter((name) => !installed(name));
  if (missing.length === 0) return;
  log(`installing ${missing.join(', ')}`);
  run('/', 'apt-get', 'update', '-qq');
  run('/', 'apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...missing);
}

function installHost() {
  rmSync(HOST, { recursive: true, force: true });
  mkdirSync(HOST, { recursive: true });
  writeFileSync(join(HOST, 'package.json'), '{"private": true}\n');
  log(`installing code-server ${VERSION}`);
  run(HOST, 'npm', 'install', '--no-audit', '--no-fund', '--no-save', `code-server@${VERSION}`);
  log("installing VS Code's own dependencies");
  for (const folder of [VSCODE, join(VSCODE, 'extensions')])
    run(folder, 'npm', 'install', '--omit=dev', '--no-audit', '--no-fund');
}

function buildNatives() {
  log('building argon2');
  run(join(HOST, 'node_modules', 'argon2'), 'npx', 'node-pre-gyp', 'rebuild', '--build-from-source');
  for (const name of NATIVE) {
    const folder = join(VSCODE, 'node_modules', name);
    if (!existsSync(join(folder, 'binding.gyp'))) continue;
    log(`building ${name}`);
    run(folder, 'npx', '--yes', 'node-gyp', 'rebuild');
  }
  const ripgrep = join(VSCODE, 'node_modules', '@vscode', 'ripgrep', 'bin', 'rg');
  mkdirSync(dirname(ripgrep), { recursive: true });
  rmSync(ripgrep, { force: true });
  symlinkSync('/usr/bin/rg', ripgrep);
}

if (existsSync(STAMP)) log(`code-server ${VERSION} is ready`);
else {
  if (process.platform === 'linux' && process.getuid() === 0) debianPackages();
  installHost();
  buildNatives();
  run(SERVER, process.execPath, 'out/node/entry.js', '--version');
  writeFileSync(STAMP, '');
  log(`code-server ${VERSION} is ready`);
}
