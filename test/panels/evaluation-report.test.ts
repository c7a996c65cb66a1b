/** The evaluation's report as a browser shows it: alone, in both schemes, wide and narrow, without a finding of axe. */
import axe from 'axe-core';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { reportHtml } from '../../server/eval/report/report.ts';
import { launch } from './browser.ts';
import { madeUpEvaluation } from './evaluations.ts';

const SCREENSHOTS = join(import.meta.dirname, 'screenshots');
mkdirSync(SCREENSHOTS, { recursive: true });

const browser = await launch();
afterAll(() => browser.close());

const EVALUATIONS = { pairs: madeUpEvaluation('pairs'), 'rm-bench': madeUpEvaluation('rm-bench') };
type Name = keyof typeof EVALUATIONS;

async function open(name: Name, colorScheme: 'light' | 'dark' = 'light', width = 1200) {
  const file = join(mkdtempSync(join(tmpdir(), 'verity-report-')), 'report.html');
  writeFileSync(file, reportHtml(EVALUATIONS[name]));
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(`file://${file}`);
  return { page, requests: requests.filter((url) => url !== `file://${file}`) };
}

async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run());
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

const openAll = (page: Page) =>
  page.evaluate(() => {
    for (const fold of document.querySelectorAll('details')) fold.open = true;
  });

describe.each(Object.keys(EVALUATIONS) as Name[])('%s', (name) => {
  it.each(['light', 'dark'] as const)(
    '%s: has no accessibility finding, folded and unfolded',
    async (scheme) => {
      const { page } = await open(name, scheme);
      await page.screenshot({ path: join(SCREENSHOTS, `report-${name}-${scheme}.png`), fullPage: true });
      expect(await findings(page)).toEqual([]);
      await openAll(page);
      expect(await findings(page)).toEqual([]);
      await page.close();
    },
  );

  it('fetches nothing and holds no script', async () => {
    const { page, requests } = await open(name);
    expect(requests).toEqual([]);
    expect(await page.locator('script').count()).toBe(0);
    await page.close();
  });

  it.each([1200, 390])('does not scroll sideways at %i pixels', async (width) => {
    const { page } = await open(name, 'light', width);
    await openAll(page);
    await page.screenshot({ path: join(SCREENSHOTS, `report-${name}-${width}.png`), fullPage: true });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await page.close();
  });

  it('every plot has a name and a table with its numbers', async () => {
    const { page } = await open(name);
    const plots = await page.locator('svg[role=img]').evaluateAll((all) =>
      all.map((plot) => ({
        name: plot.getAttribute('aria-label'),
        rows: plot.closest('section')?.querySelectorAll('table tbody tr').length ?? 0,
      })),
    );
    expect(plots.length).toBeGreaterThan(4);
    expect(plots.filter((plot) => !plot.name || plot.rows === 0)).toEqual([]);
    await page.close();
  });
});

it('shows names as text, never as markup', async () => {
  const { page } = await open('pairs');
  expect(await page.locator('h1').textContent()).toBe('made-up <judge> on injected bugs');
  await page.close();
});

it('the tables say what the evaluation says', async () => {
  const { page } = await open('rm-bench');
  const { score } = EVALUATIONS['rm-bench'];
  const { hard } = score.scores['exactlyOneMarker']!.meanOfOrders;
  await openAll(page);
  const row = page.locator('tr', { has: page.locator('th', { hasText: /^hard$/ }) }).first();
  expect(await row.locator('td').nth(1).textContent()).toBe(`${(100 * hard!).toFixed(1)}\u00a0%`);
  await page.close();
});
