/** How the agents panel looks: every state in every theme without a serious accessibility finding. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type StateName, STATES } from '../unit/protocol/solutions.ts';
import { findings } from './accessibility.ts';
import { AgentsPage } from './agents-page.ts';
import { launch } from './browser.ts';
import { type PageOptions, THEMES } from './panel-page.ts';

vi.mock('vscode', () => import('./fake-vscode.ts'));

const SCREENSHOTS = join(import.meta.dirname, 'screenshots');
mkdirSync(SCREENSHOTS, { recursive: true });

const browser = await launch();
afterAll(() => browser.close());

const show = (panel: AgentsPage, name: StateName) => panel.post({ kind: 'state', state: STATES[name] });

const picture = ({ page }: AgentsPage, name: string) =>
  page.screenshot({
    path: join(SCREENSHOTS, `agents-${name.replaceAll(' ', '-').toLowerCase()}.png`),
    fullPage: true,
  });

const openAll = ({ page }: AgentsPage) =>
  page.evaluate(() => {
    for (const fold of document.querySelectorAll('details')) fold.open = true;
  });

describe.each(Object.keys(THEMES))('%s', (theme) => {
  let panel: AgentsPage;
  beforeAll(async () => {
    panel = await AgentsPage.open(browser, { theme, reducedMotion: true });
  });
  afterAll(() => panel.close());

  it.each(Object.keys(STATES) as StateName[])('%s', async (name) => {
    await show(panel, name);
    await picture(panel, `${theme} ${name}`);
    await openAll(panel);
    expect(await findings(panel.page)).toEqual([]);
    expect(panel.complaints).toEqual([]);
  });
});

describe.each([
  ['240 px wide', { width: 240 }],
  ['420 px wide at 200 %', { width: 420, zoom: 2 }],
  ['900 px wide', { width: 900 }],
] as [string, PageOptions][])('%s', (size, options) => {
  let panel: AgentsPage;
  beforeAll(async () => {
    panel = await AgentsPage.open(browser, options);
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
