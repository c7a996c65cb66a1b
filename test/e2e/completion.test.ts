/**
 * Safe completion as a user has it, in a real editor. The models are small random ones: what they write is nonsense,
 * but found, shown, refused and inserted like any other text.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Editor, put } from './editor.ts';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures');

/** A policy and reward models beside it: one lets everything pass, the other nothing. */
const models = mkdtempSync(join(tmpdir(), 'verity-models-'));
cpSync(join(FIXTURES, 'checkpoints', 'llama3-gqa'), join(models, 'llama3-gqa'), { recursive: true });
for (const [name, threshold] of [
  ['lenient', -1e6],
  ['strict', 1e6],
] as const) {
  cpSync(join(FIXTURES, 'safety', 'mrm-llama'), join(models, name), { recursive: true });
  writeFileSync(join(models, name, 'verity.json'), JSON.stringify({ threshold }));
}
const settings = (safety: 'lenient' | 'strict', isEnabled = false) => ({
  'verity.completion.model': join(models, 'llama3-gqa'),
  'verity.safety.model': join(models, safety),
  'verity.completion.enabled': isEnabled,
  'verity.completion.maxNewTokens': 8,
  // On a busy machine with two cores the first search may well need more than the default.
  'verity.completion.timeLimit': 5000,
  'editor.acceptSuggestionOnEnter': 'off',
  'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
});

const CODE = `def average(values):
    total = sum(values)
    return total / len(values)


def load(path):
    return eval(open(path).read())
`;

let editor: Editor;

beforeAll(async () => {
  editor = await Editor.open((folder) => put(folder, 'average.py', CODE), settings('lenient'));
});

afterAll(async () => {
  await editor.close();
  rmSync(models, { recursive: true, force: true });
});

const row = (text: string | RegExp) =>
  editor.page.locator('.quick-input-list .monaco-list-row', { hasText: text });
const lines = () => editor.page.locator('.view-line').count();
const shield = () =>
  editor.page.locator('.statusbar-item[id="verity.completion"], .statusbar-item', {
    hasText: /^ ?(safe|off|refused|failed)$/,
  });

async function goTo(line: string): Promise<void> {
  await editor.command('Go to Line/Column...');
  await editor.page.keyboard.type(line);
  await editor.page.keyboard.press('Enter');
}

test('Complete Safely offers alternatives with their rewards and inserts the chosen one', async () => {
  await editor.openFile('average.py');
  await goTo('2:100');
  const before = await editor.page.locator('.view-lines').innerText();
  await editor.command('Verity: Complete Safely');
  await row(/reward −?\d/)
    .first()
    .waitFor({ timeout: 60_000 });
  await editor.screenshot('complete-safely');
  await row(/reward −?\d/)
    .first()
    .click();
  await expect.poll(() => editor.page.locator('.view-lines').innerText()).not.toBe(before);
  await editor.page.keyboard.press('Control+Z');
});

test('the Search Tree shows how it was found', async () => {
  await editor.command('Verity: Show Search Tree');
  const panel = await editor.panel('Search Tree');
  await panel.getByText(/completions? found: .* tokens in \d+ steps/).waitFor({ timeout: 20_000 });
  expect(await panel.locator('canvas').count()).toBe(1);
  expect(await panel.locator('.counters').innerText()).toContain('Reward calls saved');
  await panel.getByRole('button', { name: 'Show as list' }).click();
  expect(await panel.getByRole('treeitem').count()).toBeGreaterThan(3);
  await panel.getByRole('button', { name: 'Show as graph' }).click();
  await editor.screenshot('search-tree');
});

test('Make Selection Safe shows what it would change, and changes it only once that is applied', async () => {
  await goTo('7:5');
  await editor.page.keyboard.press('Shift+End');
  const count = await lines();
  await editor.command('Verity: Make Selection Safe');
  await row(/reward −?\d/)
    .first()
    .click({ timeout: 60_000 });
  const apply = editor.page.locator('.monaco-button, .action-label', { hasText: /^Apply$/ }).first();
  await apply.waitFor({ timeout: 20_000 });
  await editor.screenshot('make-selection-safe');
  expect(await lines()).toBe(count);
  await editor.page.locator('input.edit-checkbox').first().check();
  await apply.click();
  await expect
    .poll(() => editor.page.locator('.view-lines').first().innerText(), { timeout: 20_000 })
    .not.toContain('eval(open');
  await editor.command('File: Revert File');
});

test('one click in the status bar turns suggestions on; typing brings one, a word of it keeps the rest', async () => {
  await editor.openFile('average.py');
  await shield().first().click();
  await expect.poll(() => shield().first().innerText(), { timeout: 20_000 }).toContain('safe');
  await goTo('3:100');
  await editor.page.keyboard.type(' + ');
  const ghost = editor.page
    .locator('.ghost-text-decoration, .ghost-text-decoration-preview, .ghost-text')
    .first();
  await ghost.waitFor({ timeout: 30_000 });
  await editor.screenshot('inline-suggestion');
  await editor.page.keyboard.press('Control+ArrowRight');
  await editor.command('Verity: Why Was Nothing Suggested?');
  await editor.message('was answered from');
  await editor.closeMessages();
  await editor.command('File: Revert File');
});

test('a refused completion says why, on request and while typing', async () => {
  await editor.reconfigure(settings('strict', true));
  await editor.openFile('average.py');
  await goTo('3:100');
  await editor.command('Verity: Complete Safely');
  await editor.message('below the threshold of 1000000');
  await editor.screenshot('refused');
  await editor.closeMessages();
  await editor.page.keyboard.type(' * ');
  await expect.poll(() => shield().first().innerText(), { timeout: 30_000 }).toContain('refused');
  await editor.command('Verity: Why Was Nothing Suggested?');
  await editor.message('was refused. Nothing is suggested: the model would go on with');
  await editor.screenshot('why-nothing-suggested');
});
