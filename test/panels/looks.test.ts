/** How the panel looks: every state in every theme has no serious accessibility finding; pictures are kept to look at. */
import axe from 'axe-core';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { launch } from './browser.ts';
import { type StateName, STATES } from './scenarios.ts';
import { type PageOptions, THEMES, VerdictPage } from './verdict-page.ts';

vi.mock('vscode', () => import('./fake-vscode.ts'));

const SCREENSHOTS = join(import.meta.dirname, 'screenshots');
mkdirSync(SCREENSHOTS, { recursive: true });

const browser = await launch();
afterAll(() => browser.close());

async function show(name: StateName, options: PageOptions = {}): Promise<VerdictPage> {
  const panel = await VerdictPage.open(browser, { reducedMotion: true, ...options });
  await panel.post({ kind: 'state', state: STATES[name] });
  return panel;
}

const picture = ({ page }: VerdictPage, name: string) =>
  page.screenshot({
    path: join(SCREENSHOTS, `${name.replaceAll(' ', '-').toLowerCase()}.png`),
    fullPage: true,
  });

/** Findings of axe that users would stumble over, as text. */
async function findings({ page }: VerdictPage): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run());
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

const openAll = ({ page }: VerdictPage) =>
  page.evaluate(() => {
    for (const fold of document.querySelectorAll('details')) fold.open = true;
  });

it('findings are found: a button without a name', async () => {
  const panel = await show('idle');
  await panel.page.evaluate(() => document.getElementById('root')!.append(document.createElement('button')));
  expect(await findings(panel)).toEqual(['button-name: <button></button>']);
  await panel.close();
});

describe.each(Object.keys(THEMES))('%s', (theme) => {
  it.each(Object.keys(STATES) as StateName[])('%s', async (name) => {
    const panel = await show(name, { theme });
    await picture(panel, `${theme} ${name}`);
    expect(await findings(panel)).toEqual([]);
    await openAll(panel);
    expect(await findings(panel)).toEqual([]);
    expect(panel.complaints).toEqual([]);
    await panel.close();
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

  it.each([
    ['300 px wide', { width: 300 }],
    ['240 px wide', { width: 240 }],
    ['420 px wide at 200 %', { width: 420, zoom: 2 }],
    ['900 px wide', { width: 900 }],
  ] as [string, PageOptions][])('nothing is cut off: %s', async (size, options) => {
    for (const name of Object.keys(STATES) as StateName[]) {
      const panel = await show(name, options);
      await openAll(panel);
      if (['decided', 'streaming', 'alternatives'].includes(name)) await picture(panel, `${size} ${name}`);
      expect(await fits(panel)).toEqual([]);
      expect(await panel.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
        await panel.page.evaluate(() => document.documentElement.clientWidth),
      );
      await panel.close();
    }
  });

  it.each([
    [900, 'side by side'],
    [300, 'stacked'],
  ])('at %d px quotes are %s', async (width, arrangement) => {
    const panel = await show('alternatives', { width });
    const [a, b] = await panel.page
      .locator('.quote')
      .evaluateAll((quotes) => quotes.map((quote) => quote.getBoundingClientRect().top));
    expect(a === b).toBe(arrangement === 'side by side');
    await panel.close();
  });
});
