/** The product as a user has it: the VSIX in a real VS Code host, the embedded model, nothing mocked. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Editor, git, put } from './editor.ts';

const example = (name: string) =>
  readFileSync(join(import.meta.dirname, '..', 'fixtures', 'examples', name), 'utf8');

/** Enough changed functions to keep the judge busy while a test interferes. */
const functions = (operator: string) =>
  Array.from(
    { length: 40 },
    (_, n) =>
      `def step_${n}(total, part):\n    share = part ${operator} ${n + 2}\n    return total + share\n`,
  ).join('\n\n');

let editor: Editor;

beforeAll(async () => {
  editor = await Editor.open((folder) => {
    put(folder, 'src/average.py', example('average.good.py'));
    put(folder, 'src/session.js', example('session.good.js'));
    put(folder, 'old.py', example('export.bad.py'));
    put(folder, 'new.py', example('export.good.py'));
    put(folder, 'src/many.py', functions('*'));
    git(folder, 'init', '-q');
    git(folder, 'add', '.');
    git(folder, 'commit', '-qm', 'first');
    put(folder, 'src/average.py', example('average.bad.py'));
    put(folder, 'src/session.js', example('session.bad.js'));
    put(folder, 'src/many.py', functions('/'));
  });
});

afterAll(() => editor.close());

test('Judge Change puts a reasoned verdict on the changed line and into the panel', async () => {
  await editor.openFile('average.py');
  await editor.command('Verity: Judge Change');
  const panel = await editor.panel();
  await panel.locator('.badge').waitFor({ timeout: 60_000 });
  expect(await panel.locator('.card h2').innerText()).toMatch(/^src\/average\.py:\d+$/);
  expect(await panel.locator('.badge .headline').innerText()).toMatch(/is better|Undecided/);
  expect(await panel.locator('details').count()).toBeGreaterThanOrEqual(2);

  const thread = editor.page.locator('.review-widget');
  await thread.waitFor({ timeout: 20_000 });
  expect(await thread.innerText()).toMatch(/The previous version is better/);
  await editor.screenshot('judge-change');
});

test('the status bar names the model, and status tells how requests ended', async () => {
  const item = editor.page.locator('.statusbar-item', { hasText: 'nano-judge · cpu' });
  await item.waitFor();
  await editor.command('Verity: Show Status');
  await editor.page.locator('.quick-input-list .monaco-list-row', { hasText: 'review: answered' }).waitFor();
  await editor.screenshot('status');
  await editor.page.keyboard.press('Escape');
});

test('a killed model process is told of, and the next judgment works', async () => {
  const [worker] = editor.processes('worker.mjs');
  expect(worker).toBeDefined();
  process.kill(worker!, 'SIGKILL');
  await editor.openFile('session.js');
  await editor.command('Verity: Judge Change');
  const panel = await editor.panel();
  await panel.locator('.card h2', { hasText: 'session.js' }).waitFor();
  await panel.locator('.badge').waitFor({ timeout: 60_000 });
  expect(editor.processes('worker.mjs')).not.toContain(worker);
});

test('Cancel in the notification ends a review at once', async () => {
  await editor.openFile('many.py');
  await editor.command('Verity: Judge Change');
  const panel = await editor.panel();
  await panel.locator('.card h2', { hasText: 'many.py' }).first().waitFor();
  await editor.page.locator('.notification-toast', { hasText: 'Verity is judging' }).hover();
  await editor.page.locator('.notification-toast .monaco-button', { hasText: 'Cancel' }).click();
  await panel.getByText(/^Cancelled: /).waitFor();
  await editor.screenshot('cancelled');
});

test('a server killed during a judgment is told of and restarted, and the next judgment works', async () => {
  await editor.command('Verity: Judge Change');
  const panel = await editor.panel();
  await panel.locator('.badge').first().waitFor({ timeout: 60_000 });
  const [server] = editor.processes('server.mjs');
  expect(server).toBeDefined();
  process.kill(server!, 'SIGKILL');
  await editor.page.locator('.notification-toast', { hasText: 'has been restarted' }).waitFor();
  await editor.screenshot('server-restarted');
  await editor.command('Notifications: Clear All Notifications');
  await editor.openFile('average.py');
  await editor.command('Verity: Judge Change');
  await panel.locator('.card h2', { hasText: 'average.py' }).waitFor();
  await panel.locator('.badge').waitFor({ timeout: 60_000 });
  expect(editor.processes('server.mjs')).not.toContain(server);
});

test('Judge Two Files compares files chosen in the explorer', async () => {
  await editor.command('View: Show Explorer');
  await editor.page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'new.py' }).click();
  await editor.page
    .locator('.explorer-folders-view .monaco-list-row', { hasText: 'old.py' })
    .click({ modifiers: ['Control'] });
  await editor.page
    .locator('.explorer-folders-view .monaco-list-row', { hasText: 'old.py' })
    .click({ button: 'right' });
  const item = editor.page.locator('.monaco-menu .action-item', { hasText: 'Judge Two Files' });
  await item.waitFor();
  // A menu takes no clicks in its first moments, lest the one that opened it chooses something.
  await editor.page.waitForTimeout(1000);
  await item.click();
  const panel = await editor.panel();
  await panel.locator('.card h2', { hasText: '↔' }).waitFor();
  await panel.locator('.badge').waitFor({ timeout: 60_000 });
  await editor.screenshot('judge-files');
});
