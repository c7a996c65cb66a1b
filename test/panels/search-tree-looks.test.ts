/** How the search tree panel looks: every state in every theme without a serious accessibility finding. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findings } from './accessibility.ts';
import { launch } from './browser.ts';
import { type PageOptions, THEMES } from './panel-page.ts';
import { SearchTreePage } from './search-tree-page.ts';
import { type StateName, STATES } from './searches.ts';

vi.mock('vscode', () => import('./fake-vscode.ts'));

const SCREENSHOTS = join(import.meta.dirname, 'screenshots');
mkdirSync(SCREENSHOTS, { recursive: true });

const browser = await launch();
afterAll(() => browser.close());

async function show(panel: SearchTreePage, name: StateName): Promise<void> {
  await panel.post({ kind: 'state', state: STATES.empty });
  await panel.post({ kind: 'state', state: STATES[name] });
}

const picture = ({ page }: SearchTreePage, name: string) =>
  page.screenshot({
    path: join(SCREENSHOTS, `tree-${name.replaceAll(' ', '-').toLowerCase()}.png`),
    fullPage: true,
  });

const openAll = ({ page }: SearchTreePage) =>
  page.evaluate(() => {
    for (const fold of document.querySelectorAll('details')) fold.open = true;
  });

describe.each(Object.keys(THEMES))('%s', (theme) => {
  let panel: SearchTreePage;
  beforeAll(async () => {
    panel = await SearchTreePage.open(browser, { theme, reducedMotion: true });
  });
  afterAll(() => panel.close());

  it.each(Object.keys(STATES) as StateName[])('%s', async (name) => {
    await show(panel, name);
    await picture(panel, `${theme} ${name}`);
    await openAll(panel);
    expect(await findings(panel.page)).toEqual([]);
    expect(panel.complaints).toEqual([]);
  });

  it('as a list, and compared', async () => {
    await show(panel, 'several runs');
    await panel.page.getByLabel('Compare with').selectOption({ index: 1 });
    await panel.page.getByRole('button', { name: 'Show as list' }).first().click();
    await panel.drawn();
    await picture(panel, `${theme} compared`);
    expect(await findings(panel.page)).toEqual([]);
  });
});

describe.each([
  ['300 px wide', { width: 300 }],
  ['420 px wide at 200 %', { width: 420, zoom: 2 }],
  ['900 px wide', { width: 900 }],
] as [string, PageOptions][])('%s', (size, options) => {
  let panel: SearchTreePage;
  beforeAll(async () => {
    panel = await SearchTreePage.open(browser, options);
  });
  afterAll(() => panel.close());

  it.each(Object.keys(STATES) as StateName[])('nothing is wider than the panel: %s', async (name) => {
    await show(panel, name);
    await openAll(panel);
    await picture(panel, `${size} ${name}`);
    const [needed, given] = await panel.page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return [scrollWidth, clientWidth] as const;
    });
    expect(needed).toBeLessThanOrEqual(given);
  });
});
