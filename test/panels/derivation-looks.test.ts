/** How the derivation panel looks: every state in every theme without a serious accessibility finding. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findings } from './accessibility.ts';
import { launch } from './browser.ts';
import { DerivationPage } from './derivation-page.ts';
import { type StateName, STATES } from './derivations.ts';
import { type PageOptions, THEMES } from './panel-page.ts';

vi.mock('vscode', () => import('./fake-vscode.ts'));

const SCREENSHOTS = join(import.meta.dirname, 'screenshots');
mkdirSync(SCREENSHOTS, { recursive: true });

const browser = await launch();
afterAll(() => browser.close());

async function show(panel: DerivationPage, name: StateName): Promise<void> {
  await panel.post({ kind: 'state', state: STATES.empty });
  await panel.post({ kind: 'state', state: STATES[name] });
}

const picture = ({ page }: DerivationPage, name: string) =>
  page.screenshot({
    path: join(SCREENSHOTS, `derivation-${name.replaceAll(' ', '-').toLowerCase()}.png`),
    fullPage: true,
  });

describe.each(Object.keys(THEMES))('%s', (theme) => {
  let panel: DerivationPage;
  beforeAll(async () => {
    panel = await DerivationPage.open(browser, { theme, reducedMotion: true });
  });
  afterAll(() => panel.close());

  it.each(Object.keys(STATES) as StateName[])('%s', async (name) => {
    await show(panel, name);
    await picture(panel, `${theme} ${name}`);
    expect(await findings(panel.page)).toEqual([]);
    expect(panel.complaints).toEqual([]);
  });

  it('the four results differ in colour and sign, and none has the colour of errors', async () => {
    const looks = [];
    for (const name of ['proved', 'refuted', 'abstained', 'contradictory'] as const) {
      await show(panel, name);
      looks.push(
        await panel.page.locator('.badge').evaluate((badge) => {
          const { borderLeftColor, borderLeftStyle } = getComputedStyle(badge);
          return {
            color: borderLeftColor,
            sign: badge.querySelector('.codicon')!.className,
            borderLeftStyle,
          };
        }),
      );
    }
    expect(new Set(looks.map(({ color }) => color)).size).toBe(4);
    expect(new Set(looks.map(({ sign }) => sign)).size).toBe(4);
    expect(looks[2]!.borderLeftStyle).toBe('dashed');
    const error = await panel.page.evaluate(() => {
      const probe = document.body.appendChild(document.createElement('i'));
      probe.style.color = 'var(--vscode-errorForeground)';
      const { color } = getComputedStyle(probe);
      probe.remove();
      return color;
    });
    expect(looks.map(({ color }) => color)).not.toContain(error);
  });
});

describe.each([
  ['240 px wide', { width: 240 }],
  ['300 px wide', { width: 300 }],
  ['420 px wide at 200 %', { width: 420, zoom: 2 }],
  ['900 px wide', { width: 900 }],
] as [string, PageOptions][])('%s', (size, options) => {
  let panel: DerivationPage;
  beforeAll(async () => {
    panel = await DerivationPage.open(browser, options);
  });
  afterAll(() => panel.close());

  it.each(Object.keys(STATES) as StateName[])('nothing is wider than the panel: %s', async (name) => {
    await show(panel, name);
    await picture(panel, `${size} ${name}`);
    const [needed, given] = await panel.page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return [scrollWidth, clientWidth] as const;
    });
    expect(needed).toBeLessThanOrEqual(given);
  });
});
