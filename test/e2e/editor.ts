/** A real VS Code host for one test file: code-server on a free loopback port, driven in Debian's Chromium. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Browser, chromium, type Frame, type Page } from 'playwright-core';

const ROOT = join(import.meta.dirname, '..', '..');
const ENTRY = join(ROOT, '.verity', 'editor', 'node_modules', 'code-server', 'out', 'node', 'entry.js');
const SCREENSHOTS = join(import.meta.dirname, 'screenshots');
export const VSIX = join(ROOT, 'out', 'verity-linux-x64.vsix');

/** Settings that keep the editor quiet: no welcome page, no look-ups. */
const SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'update.mode': 'none',
  'git.openRepositoryInParentFolders': 'always',
  'security.workspace.trust.enabled': false,
  'workbench.colorTheme': 'Default Dark Modern',
};

export class Editor {
  readonly page: Page;
  readonly folder: string;
  private readonly home: string;
  private readonly browser: Browser;
  private readonly server: ChildProcess;

  private constructor(home: string, folder: string, server: ChildProcess, browser: Browser, page: Page) {
    this.home = home;
    this.folder = folder;
    this.server = server;
    this.browser = browser;
    this.page = page;
  }

  /** Installs the VSIX into a fresh profile and opens a folder that `fill` has put files into. */
  static async open(fill: (folder: string) => void, settings: Record<string, unknown> = {}): Promise<Editor> {
    const home = mkdtempSync(join(tmpdir(), 'verity-e2e-'));
    const folder = join(home, 'shop');
    mkdirSync(join(home, 'data', 'User'), { recursive: true });
    mkdirSync(folder);
    configure(home, settings);
    fill(folder);
    const profile = ['--user-data-dir', join(home, 'data'), '--extensions-dir', join(home, 'extensions')];
    execFileSync(process.execPath, [ENTRY, ...profile, '--install-extension', VSIX], { stdio: 'pipe' });
    const port = await freePort();
    const quiet = [
      '--auth',
      'none',
      '--disable-telemetry',
      '--disable-update-check',
      '--disable-workspace-trust',
    ];
    const address = ['--bind-addr', `127.0.0.1:${port}`];
    const server = spawn(process.execPath, [ENTRY, ...address, ...quiet, ...profile, folder], {
      stdio: 'ignore',
      detached: true,
    });
    await reachable(port);
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu'],
    });
    const page = await browser.newPage({
      viewport: { width: 1440, height: 900 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await page.goto(`http://127.0.0.1:${port}/?folder=${folder}`);
    await workbench(page);
    return new Editor(home, folder, server, browser, page);
  }

  /** Runs a command as a user does: palette, name, Enter. What needs Git is there once Git has found the repository. */
  async command(name: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input.input');
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first();
    const deadline = Date.now() + 60_000;
    for (;;) {
      await this.page.keyboard.press('F1');
      await input.waitFor();
      await input.fill(`>${name}`);
      const isThere = await row.waitFor({ timeout: 5000 }).then(
        () => true,
        () => false,
      );
      if (isThere) return row.click();
      await this.page.keyboard.press('Escape');
      if (Date.now() > deadline) throw new Error(`The palette has no command ${name}.`);
    }
  }

  /** Opens a file by its name. */
  async openFile(name: string): Promise<void> {
    await this.page.keyboard.press('Control+P');
    const input = this.page.locator('.quick-input-widget input.input');
    await input.waitFor();
    await input.fill(name);
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first().click();
    await this.page.locator('.tab.active', { hasText: name }).waitFor();
  }

  /** Chooses an entry of the list that is open. */
  async choose(name: string): Promise<void> {
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first().click();
  }

  /** Waits for a message that says this. */
  async message(text: string): Promise<void> {
    await this.page.locator('.notification-toast', { hasText: text }).waitFor({ timeout: 90_000 });
  }

  async closeMessages(): Promise<void> {
    await this.command('Notifications: Clear All Notifications');
  }

  /** Reloads the window: what the extension does not store is lost. */
  async reload(): Promise<void> {
    await this.page.reload();
    await workbench(this.page);
  }

  /** Sets the user's settings, and reloads the window, which reads them. */
  async reconfigure(settings: Record<string, unknown>): Promise<void> {
    configure(this.home, settings);
    await this.reload();
  }

  /** A panel's own document, two frames deep. */
  async panel(title = 'Verdict'): Promise<Frame> {
    const deadline = Date.now() + 30_000;
    for (;;) {
      for (const frame of this.page.frames())
        if (
          (await frame
            .locator('#root')
            .count()
            .catch(() => 0)) > 0 &&
          (await frame.title()) === `Verity: ${title}`
        )
          return frame;
      if (Date.now() > deadline) throw new Error(`The panel ${title} did not appear.`);
      await this.page.waitForTimeout(200);
    }
  }

  /** The processes of the extension's server and its model worker, by their bundle's name. */
  processes(bundle: 'server.mjs' | 'worker.mjs'): number[] {
    const list = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
    return list
      .filter((line) => line.includes(this.home) && line.includes(`dist/${bundle}`))
      .map((line) => Number(line.trim().split(' ')[0]));
  }

  async screenshot(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  }

  async close(): Promise<void> {
    await this.browser.close();
    // The server leads a process group of its own: nothing it started outlives it.
    if (this.server.pid !== undefined) process.kill(-this.server.pid, 'SIGKILL');
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

const configure = (home: string, settings: Record<string, unknown>): void =>
  writeFileSync(join(home, 'data', 'User', 'settings.json'), JSON.stringify({ ...SETTINGS, ...settings }));

/** Writes a file and its folders. */
export function put(folder: string, name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

/** Answers with what git prints. */
export function git(folder: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=Verity', '-c', 'user.email=verity@example.invalid'];
  return execFileSync('git', [...identity, ...args], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
}

async function workbench(page: Page): Promise<void> {
  await page.locator('.monaco-workbench .statusbar').waitFor({ timeout: 60_000 });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port);
        else reject(new Error('no port'));
      });
    });
  });
}

async function reachable(port: number): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (
    !(await fetch(`http://127.0.0.1:${port}/healthz`).then(
      (answer) => answer.ok,
      () => false,
    ))
  ) {
    if (Date.now() > deadline) throw new Error('code-server did not start.');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
