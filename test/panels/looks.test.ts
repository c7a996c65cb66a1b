/** How the panel looks: every state in every theme has no serious accessibility finding; pictures are kept to look at. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findings } from './accessibility.ts';
import { launch } from './browser.ts';
import { type StateName, STATES } from './scenarios.ts';
import { type PageOptions, THEMES } from './panel-page.ts';
import { VerdictPage } from './verdict-page.ts';

vi.mock('vscode', () => import('./fake-vscode.ts'));

const SCREENSHOTS = join(import.meta.dirname, 'screenshots');
mkdirSync(SCREENSHOTS, { recursive: true });

const browser = await launch();
afterAll(() => browser.close());

const open = (options: PageOptions = {}) => VerdictPage.open(browser, { reducedMotion: true, ...options });

/** Shows a state as if it were the first: what another state left open is closed. */
async function show(panel: VerdictPage, name: StateName): Promise<void> {
  await panel.post({ kind: 'state', state: STATES.idle });
  await panel.post({ kind: 'state', state: STATES[name] });
}

const picture = ({ page }: VerdictPage, name: string) =>
  page.screenshot({
    path: join(SCREENSHOTS, `${name.replaceAll(' ', '-').toLowerCase()}.png`),
    fullPage: true,
  });

const openAll = ({ page }: VerdictPage) =>
  page.evaluate(() => {
    for (const fold of document.querySelectorAll('details')) fold.open = true;
  });

it('findings are found: a button without a name', async () => {
  const panel = await open();
  await panel.page.evaluate(() => document.getElementById('root')!.append(document.createElement('button')));
  expect(await findings(panel.page)).toEqual(['button-name: <button></button>']);
  await panel.close();
});

describe.each(Object.keys(THEMES))('%s', (theme) => {
  let panel: VerdictPage;
  beforeAll(async () => {
    panel = await open({ theme });
  });
  afterAll(() => panel.close());

  it.each(Object.keys(STATES) as StateName[])('%s', async (name) => {
    await show(panel, name);
    await picture(panel, `${theme} ${name}`);
    expect(await findings(panel.page)).toEqual([]);
    await openAll(panel);
    expect(await findings(panel.page)).toEqual([]);
    expect(panel.complaints).toEqual([]);
  });
});

describe('sizes', () => {
  const fits = ({ page }: VerdictPage) =>
    page.evaluate(() => {
      const width = document.documentElement.clientWidth;
      return [...document.querySelectorAll('#root *')]
        .filter((element) => element.getBoundingClientRect().right > width + 0.5)
        .filter((element) => element.closest('pre') === null)
        .map((element) => element.outerHTML.slice(0, 120));
    });

  describe.each([
    ['300 px wide', { width: 300 }],
    ['240 px wide', { width: 240 }],
    ['420 px wide at 200 %', { width: 420, zoom: 2 }],
    ['900 px wide', { width: 900 }],
  ] as [string, PageOptions][])('%s', (size, options) => {
    let panel: VerdictPage;
    beforeAll(async () => {
      panel = await open(options);
    });
    afterAll(() => panel.close());

    it.each(Object.keys(STATES) as StateName[])('nothing is cut off: %s', async (name) => {
      await show(panel, name);
      await openAll(panel);
      await picture(panel, `${size} ${name}`);
      expect(await fits(panel)).toEqual([]);
      const [needed, given] = await panel.page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return [scrollWidth, clientWidth] as const;
      });
      expect(needed).toBeLessThanOrEqual(given);
    });
  });

  it.each([
    [900, 'side by side'],
    [300, 'stacked'],
  ])('at %d px quotes are %s', async (width, arrangement) => {
    const panel = await open({ width });
    await show(panel, 'alternatives');
    const [a, b] = await panel.page
      .locator('.quote')
      .evaluateAll((quotes) => quotes.map((quote) => quote.getBoundingClientRect().top));
    expect(a === b).toBe(arrangement === 'side by side');
    await panel.close();
  });
});
