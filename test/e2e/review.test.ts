/** Reviews as a user has them: findings as threads that stay, are resolved, dismissed, explained and exported. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Editor, git, put } from './editor.ts';

/** The embedded judge sees a dropped guard in both orders; a renamed loop variable is no bug. */
const CART = `import { db } from './db';

export async function load(id: string) {
  const row = await db.get(id);
  if (!row) {
    return null;
  }
  return row.value;
}

export function total(items: { price: number; count: number }[]): number {
  let sum = 0;
  for (const item of items) {
    sum += item.price * item.count;
  }
  return sum;
}

export function untouched(): number {
  return total([]);
}
`;
const BROKEN = CART.replace('  if (!row) {\n    return null;\n  }\n', '').replace(
  '    sum += item',
  '    console.log(item);\n    sum += item',
);
const DB = `export const db = { get: async (id: string) => ({ value: id }) };\n`;
const SPELLING = `export const answer = 42;

export function ask(): number {
  return anwser;
}
`;

let editor: Editor;

beforeAll(async () => {
  editor = await Editor.open((folder) => {
    put(folder, 'cart.ts', CART);
    put(folder, 'db.ts', DB);
    put(folder, 'spelling.ts', SPELLING);
    git(folder, 'init', '-q', '-b', 'main');
    git(folder, 'add', '.');
    git(folder, 'commit', '-qm', 'first');
    put(folder, 'cart.ts', BROKEN);
    put(folder, 'pull.diff', git(folder, 'diff'));
    put(folder, 'foreign.diff', git(folder, 'diff').replaceAll('cart.ts', 'elsewhere.ts'));
  });
});

afterAll(() => editor.close());

/** The machine may be busy: what comes, comes within this. */
const PATIENCE = { timeout: 60_000 };

const thread = () => editor.page.locator('.review-widget');
const lenses = () => editor.page.locator('.codelens-decoration a', { hasText: 'Judge' });

/** An action in the title of the first thread, or of the one that says something. */
async function act(name: string, about = ''): Promise<void> {
  const title = thread().filter({ hasText: about }).first();
  await title.hover();
  await title.locator(`.action-label[aria-label="${name}"]`).click();
}

test('"Judge" stands above the functions that have changed, and judges one of them', async () => {
  await editor.openFile('cart.ts');
  await expect.poll(() => lenses().count(), PATIENCE).toBe(2);
  await editor.screenshot('code-lens');
  await lenses().first().click();
  await editor.message('1 hunk: 1 finding');
  await thread().first().waitFor();
  expect(await thread().first().innerText()).toMatch(/previous version is better/);
});

test('Review Working Tree shows each finding at its lines and all in one line', async () => {
  await editor.command('Verity: Review Working Tree');
  await editor.message('2 hunks: 2 findings');
  await expect.poll(() => thread().count(), PATIENCE).toBe(2);
  await editor.closeMessages();
  await editor.screenshot('review');
});

test('"Why?" shows the reasoning in the panel', async () => {
  await act('Why?');
  const panel = await editor.panel();
  await expect.poll(() => panel.locator('.card h2').allInnerTexts(), PATIENCE).toEqual(['cart.ts:5']);
  await panel.locator('.badge').waitFor();
});

test('a resolved finding stays resolved across a reload', async () => {
  await act('Resolve');
  await editor.page.waitForTimeout(1000);
  await editor.reload();
  await editor.openFile('cart.ts');
  // One stays open; the other is folded into its glyph.
  await expect.poll(() => thread().count(), PATIENCE).toBe(1);
  await editor.screenshot('reloaded');
  expect(await thread().first().innerText()).toMatch(/leftover of debugging/);
});

test('a dismissed finding does not come back', async () => {
  await act('Dismiss');
  await expect.poll(() => thread().count(), PATIENCE).toBe(0);
  await editor.command('Verity: Review Working Tree');
  await editor.message('2 hunks: 1 finding, 1 dismissed');
  await editor.closeMessages();
});

test('"Judge Again" judges the finding’s lines alone', async () => {
  await editor.command('Verity: Forget Dismissed Findings');
  await editor.message('1 dismissed finding may come back');
  await editor.command('Verity: Review Working Tree');
  await editor.message('2 hunks: 2 findings');
  await editor.closeMessages();
  await act('Judge Again');
  await editor.message('1 hunk: 1 finding');
  await editor.closeMessages();
});

test('a reopened finding is open again, and judged again though its lines are gone', async () => {
  await editor.page.locator('.comments-panel .monaco-list-row', { hasText: 'row' }).first().click();
  await expect.poll(() => thread().count(), PATIENCE).toBe(2);
  await act('Reopen', 'dropped guard');
  const guard = thread().filter({ hasText: 'dropped guard' });
  await guard.locator('.action-label[aria-label="Resolve"]').waitFor(PATIENCE);
  await act('Judge Again', 'dropped guard');
  await editor.message('1 hunk: 1 finding');
  await editor.closeMessages();
});

describe('what else is reviewed', () => {
  test('a patch file: here it is applied already', async () => {
    await editor.openFile('pull.diff');
    await editor.command('Verity: Review Patch File');
    await editor.message('2 hunks: 2 findings');
    await editor.closeMessages();
  });

  test('staged changes, and only they', async () => {
    await editor.command('Verity: Review Staged Changes');
    await editor.message('nothing has changed');
    git(editor.folder, 'add', 'cart.ts');
    await editor.closeMessages();
    await editor.command('Verity: Review Staged Changes');
    await editor.message('2 hunks: 2 findings');
    await editor.closeMessages();
  });

  test('the last commit, and a branch against its base', async () => {
    await editor.command('Verity: Review Last Commit');
    await editor.message('the last commit is the first one');
    git(editor.folder, 'checkout', '-q', '-b', 'topic');
    git(editor.folder, 'commit', '-qam', 'second');
    await editor.closeMessages();
    await editor.command('Verity: Review Last Commit');
    await editor.message('2 hunks: 2 findings');
    await editor.closeMessages();
    await editor.command('Verity: Review Branch Against Its Base');
    await editor.message('2 hunks: 2 findings');
    await editor.closeMessages();
  });
});

test('Export Review writes SARIF', async () => {
  await editor.command('Verity: Export Review');
  await editor.choose('SARIF');
  const input = editor.page.locator('.quick-input-widget input.input');
  await expect.poll(() => input.inputValue(), PATIENCE).toMatch(/review\.sarif$/);
  await editor.page.keyboard.press('Enter');
  const file = join(editor.folder, 'review.sarif');
  await expect.poll(() => existsSync(file), PATIENCE).toBe(true);
  const log = JSON.parse(readFileSync(file, 'utf8')) as { version: string; runs: [{ results: unknown[] }] };
  expect([log.version, log.runs[0].results.length]).toEqual(['2.1.0', 2]);
  await editor.page.locator('.tab.active', { hasText: 'review.sarif' }).waitFor();
});

test('Judge This Fix judges a quick fix in memory and applies it on demand', async () => {
  await editor.openFile('spelling.ts');
  await editor.page.locator('.squiggly-error').first().waitFor(PATIENCE);
  await editor.page.locator('.view-line', { hasText: 'anwser' }).getByText('anwser').click();
  await editor.page.keyboard.press('Control+.');
  const menu = editor.page.locator('.action-widget .monaco-list-row', { hasText: 'Judge This Fix' });
  await menu.waitFor();
  await editor.screenshot('judge-fix-menu');
  // The menu takes no clicks before the mouse has moved.
  await menu.hover({ force: true });
  await menu.click();
  const toast = editor.page.locator('.notification-toast', { hasText: /is better|undecided/ });
  await toast.waitFor(PATIENCE);
  await editor.screenshot('judge-fix');
  expect(readFileSync(join(editor.folder, 'spelling.ts'), 'utf8')).toBe(SPELLING);
  await toast.hover();
  await toast.locator('.monaco-button', { hasText: 'Apply Fix' }).click();
  await editor.page.locator('.view-line', { hasText: 'return answer' }).waitFor();
});

test('Judge Clipboard Against Selection judges before anything is pasted', async () => {
  await editor.page.evaluate(() => navigator.clipboard.writeText('  return 42;'));
  await editor.page.locator('.view-line', { hasText: 'return answer' }).click();
  await editor.page.keyboard.press('Home');
  await editor.page.keyboard.press('Shift+End');
  await editor.command('Verity: Judge Clipboard Against Selection');
  const toast = editor.page.locator('.notification-toast', { hasText: /is better|undecided/ }).last();
  await toast.waitFor(PATIENCE);
  await editor.screenshot('judge-clipboard');
});

test('Choose Best of Selections ranks what is selected and what is on the clipboard', async () => {
  await editor.page.evaluate((text) => navigator.clipboard.writeText(text), CART);
  await editor.openFile('cart.ts');
  await editor.page.locator('.view-line').first().click();
  await editor.page.keyboard.press('Control+A');
  await editor.command('Verity: Choose Best of Selections');
  const row = editor.page.locator('.quick-input-list .monaco-list-row', { hasText: 'clipboard' });
  await row.waitFor(PATIENCE);
  await row.click();
  await editor.screenshot('choose-best');
  await editor.page.keyboard.press('Enter');
  await editor.message('“clipboard” is the best of 2');
  const panel = await editor.panel();
  const rows = panel.getByRole('table', { name: 'Ranking' }).getByRole('row');
  expect((await rows.allInnerTexts())[1]).toMatch(/^1\. clipboard\s+1 won, 0 lost/);
  await editor.screenshot('ranking');
  await editor.closeMessages();
});

test('findings are Problems entries where the setting says so', async () => {
  put(editor.folder, '.vscode/settings.json', '{"verity.review.problems": true}');
  await editor.command('Verity: Review Branch Against Its Base');
  await editor.message('2 hunks: 2 findings');
  await editor.command('Problems: Focus on Problems View');
  const problems = editor.page.locator('.markers-panel .monaco-list-row', { hasText: 'better' });
  await expect.poll(() => problems.count(), PATIENCE).toBe(2);
  await editor.screenshot('problems');
  await editor.closeMessages();
});

test('a patch file of files that are not here is judged by what it holds', async () => {
  await editor.openFile('foreign.diff');
  await editor.command('Verity: Review Patch File');
  await editor.message('2 hunks: ');
  const panel = await editor.panel();
  const titles = await panel.locator('.card h2').allInnerTexts();
  expect(titles.map((title) => title.replace(/:\d+$/, ''))).toEqual(['elsewhere.ts', 'elsewhere.ts']);
  await editor.closeMessages();
});
