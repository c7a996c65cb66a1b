/** The search tree panel's behaviour, over its real host and the built bundle: what it shows, sends, and refuses. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SearchRun } from '../../server/protocol/search-tree-panel.ts';
import { madeUpSearch, nodesOf, searchRun } from '../unit/protocol/searches.ts';
import { launch } from './browser.ts';
import { copied, written } from './fake-vscode.ts';
import { SearchTreePage } from './search-tree-page.ts';
import { HUGE, STATES } from './searches.ts';

vi.mock('vscode', () => import('./fake-vscode.ts'));

const SCREENSHOTS = join(import.meta.dirname, 'screenshots');
mkdirSync(SCREENSHOTS, { recursive: true });

const browser = await launch();
afterAll(() => browser.close());

let panel: SearchTreePage;
beforeEach(async () => {
  panel = await SearchTreePage.open(browser);
});
afterEach(async () => {
  expect(panel.complaints).toEqual([]);
  expect(panel.strangers).toEqual([]);
  await panel.close();
});

const role: SearchTreePage['page']['getByRole'] = (...args) => panel.page.getByRole(...args);
const button = (name: string) => role('button', { name });
const graph = () => role('application');
const details = () => panel.page.locator('.details');
const heard = () => panel.page.locator('.heard').innerText();
const press = async (...keys: string[]) => {
  for (const key of keys) await panel.page.keyboard.press(key);
  await panel.drawn();
};

const SHAPE = { budget: 4, breadth: 5, steps: 24, seed: 3 };
const RUN = searchRun(SHAPE);
const BEST = RUN.result!.completions[0]!;

const show = (...runs: SearchRun[]) => panel.post({ kind: 'state', state: { runs } });

/** Of the canvas, to see whether it was drawn anew: the number of its pixels that are not blank. */
const inked = () =>
  panel.page.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', {
      willReadFrequently: true,
    })!;
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at]! > 0) count++;
    return count;
  });

describe('a search', () => {
  it('is none at first, and the panel says what to do', async () => {
    expect(await panel.text()).toContain('No search yet');
    await expect.poll(() => panel.sent).toEqual([{ kind: 'ready' }]);
  });

  it('grows as the host tells it, and ends with what was found', async () => {
    const { steps, result } = madeUpSearch(SHAPE);
    const cancel = vi.fn();
    const params = { prefix: 'return ', budget: 4 };
    const id = panel.host.begin(params, { title: 'a.ts:1', source: 'command' }, cancel);
    await panel.drawn();
    expect(await role('status').innerText()).toBe('Starting the search…');
    for (const step of steps.slice(0, 5)) panel.host.step(id, step);
    await panel.drawn();
    const told = nodesOf({ steps: steps.slice(0, 5) }) - 1;
    expect(await role('status').innerText()).toBe(`Searching: ${told} tokens in 5 steps…`);
    expect(await panel.text()).toContain('Step 5 of 5 · live');
    const before = await inked();
    expect(before).toBeGreaterThan(100);
    await button('Cancel').click();
    await expect.poll(() => cancel.mock.calls.length).toBe(1);
    for (const step of steps.slice(5)) panel.host.step(id, step);
    panel.host.end(id, 'ended', undefined, result);
    await panel.drawn();
    expect(await role('status').innerText()).toMatch(/^4 completions found: 502 tokens in 24 steps$/);
    expect(await button('Cancel').count()).toBe(0);
  });

  it('shows again when the panel is made anew', async () => {
    const id = panel.host.begin({ prefix: 'x' }, { title: 'a.ts:1', source: 'command' }, () => undefined);
    for (const step of RUN.steps) panel.host.step(id, step);
    panel.host.end(id, 'ended', undefined, RUN.result);
    await panel.drawn();
    await panel.page.reload();
    await graph().waitFor();
    expect(await role('status').innerText()).toContain('502 tokens');
  });

  it('that was refused says why, and lists what was avoided', async () => {
    await panel.post({ kind: 'state', state: STATES.refused });
    expect(await role('alert').innerText()).toContain('the likeliest continuation calls eval');
    const avoided = STATES.refused.runs[0]!.result.avoided;
    expect(avoided.length).toBeGreaterThan(0);
    await panel.page.locator('.found li button').first().click();
    expect(await details().innerText()).toContain('pruned: others had higher rewards');
  });

  it('that failed says why, and keeps what it has', async () => {
    await panel.post({ kind: 'state', state: STATES.failed });
    expect(await role('alert').innerText()).toContain('signal SIGKILL');
    expect(await panel.text()).toContain('Step 5 of 5');
  });

  it('has counters, of the step that is shown', async () => {
    await show(RUN);
    const { candidates, rewardCalls } = RUN.result!.counters;
    const counters = panel.page.locator('.counters');
    expect(await counters.innerText()).toContain(`${candidates - rewardCalls} (81 %)`);
    expect(await counters.innerText()).toContain(`${rewardCalls} instead of the ${candidates}`);
    await role('slider').fill('0');
    const first = RUN.steps[0]!.counters;
    expect(await counters.innerText()).toContain(`${first.candidates - first.rewardCalls} (`);
  });
});

describe('the selected node', () => {
  it('is the end of the best path at first, with the text of the path after the prompt', async () => {
    await show(RUN);
    expect(await details().innerText()).toContain('End of the best path');
    expect(await details().locator('pre').textContent()).toBe(`  return ${BEST.text}`);
    expect(await button('Follow best path').getAttribute('aria-pressed')).toBe('true');
  });

  it('moves by keyboard: parent, child, siblings, prompt, end', async () => {
    await show(RUN);
    await graph().focus();
    const end = await heard();
    await press('ArrowLeft');
    expect(await heard()).not.toBe(end);
    await press('Home');
    expect(await heard()).toBe('Root: the prompt');
    expect(await button('Follow best path').getAttribute('aria-pressed')).toBe('false');
    await press('ArrowLeft', 'ArrowUp', 'ArrowDown');
    expect(await heard()).toBe('Root: the prompt');
    await press('ArrowRight');
    const child = await heard();
    await press('ArrowDown');
    const sibling = await heard();
    await press('ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp');
    const names = new Set([child, sibling, await heard()]);
    expect(names.size).toBeGreaterThan(1);
    await press('End');
    expect(await details().innerText()).toContain('Path reward');
    await button('Follow best path').click();
    expect(await heard()).toBe(end);
  });

  it('is what was clicked, and what the host asks for', async () => {
    await show(RUN);
    const asked = RUN.steps[3]!.added[0]!;
    await panel.post({ kind: 'select', run: RUN.id, node: asked.id });
    expect(await details().locator('dd').nth(2).innerText()).toBe(asked.reward.toFixed(2).replace('-', '−'));
    await panel.page.getByText('Completions (4)').click();
    await panel.page.locator('.found li button').first().click();
    expect(await details().innerText()).toContain('End of the best path');
  });

  it('is the one under the pointer that was clicked in the graph, and hovering tells of it', async () => {
    await show(searchRun({ budget: 1, breadth: 1, steps: 3, seed: 2 }));
    await button('Fit the whole tree (0)').click();
    await panel.drawn();
    // The root stands at the left margin, in the middle of what is drawn.
    const box = (await panel.page.locator('canvas').boundingBox())!;
    let found = false;
    for (let y = 10; y < box.height && !found; y += 4) {
      await panel.page.mouse.move(box.x + 16, box.y + y);
      await panel.page.waitForTimeout(15);
      found = (await panel.page.locator('.tooltip').count()) > 0;
    }
    expect(await panel.page.locator('.tooltip').innerText()).toBe('The prompt');
    await panel.page.mouse.down();
    await panel.page.mouse.up();
    await expect.poll(heard).toBe('Root: the prompt');
  });

  it('gives its path’s text to copy, by Enter and by the button', async () => {
    await show(RUN);
    await graph().focus();
    await press('Enter');
    await expect.poll(() => copied.at(-1)).toBe(BEST.text);
    copied.length = 0;
    await button('Copy path text (Enter)').click();
    await expect.poll(() => copied).toEqual([BEST.text]);
  });
});

describe('steps', () => {
  it('go back by the slider: what was not found yet is not there', async () => {
    await show(RUN);
    await button('Fit the whole tree (0)').click();
    await panel.drawn();
    const all = await inked();
    await role('slider').fill('2');
    await panel.drawn();
    expect(await panel.text()).toContain('Step 3 of 24');
    expect(await inked()).toBeLessThan(all / 3);
    const depth = await details().locator('pre').textContent();
    expect(depth!.length).toBeLessThan(`  return ${BEST.text}`.length);
  });

  it('play to the end', async () => {
    await show(searchRun({ budget: 2, breadth: 3, steps: 4 }));
    await button('Play the search').click();
    await expect.poll(() => panel.text(), { timeout: 10_000 }).toContain('Step 4 of 4');
    await button('Play the search').waitFor();
  });
});

describe('the graph', () => {
  it('pans, zooms and fits by keyboard and pointer, and the panel does not scroll', async () => {
    await show(RUN);
    await graph().focus();
    const pixels = () =>
      panel.page.locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL().length);
    const readable = await pixels();
    await press('0');
    const fit = await pixels();
    expect(fit).not.toBe(readable);
    await press('+', '+');
    expect(await pixels()).not.toBe(fit);
    await press('0');
    expect(await pixels()).toBe(fit);
    const box = (await panel.page.locator('canvas').boundingBox())!;
    await panel.page.mouse.move(box.x + 200, box.y + 100);
    await panel.page.mouse.wheel(40, 30);
    await panel.drawn();
    expect(await panel.page.evaluate(() => window.scrollY)).toBe(0);
    const scrolled = await pixels();
    expect(scrolled).not.toBe(fit);
    await panel.page.mouse.down();
    await panel.page.mouse.move(box.x + 240, box.y + 130, { steps: 3 });
    await panel.page.mouse.up();
    await panel.drawn();
    expect(await pixels()).not.toBe(scrolled);
  });

  it('is drawn in the colours of a new theme', async () => {
    await show(RUN);
    const pixels = () =>
      panel.page.locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    const dark = await pixels();
    await panel.page.evaluate(() => {
      document.documentElement.style.setProperty('--vscode-foreground', 'rgb(255, 0, 0)');
    });
    await panel.drawn();
    expect(await pixels()).not.toBe(dark);
  });

  it('shows 5,000 tokens smoothly', { timeout: 120_000 }, async () => {
    expect(nodesOf(HUGE)).toBeGreaterThan(5000);
    await show(HUGE);
    const shownMs = await panel.page.evaluate(async (state) => {
      const started = performance.now();
      window.postMessage({ kind: 'state', state }, '*');
      for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame);
      return performance.now() - started;
    }, STATES.huge);
    /** Pans frame by frame; what it answers with is the time of the script in each frame, and between frames. */
    const pan = () =>
      panel.page.evaluate(async () => {
        const canvas = document.querySelector('canvas')!;
        const between: number[] = [];
        let last = await new Promise<number>(requestAnimationFrame);
        for (let frame = 0; frame < 60; frame++) {
          const deltaX = frame < 30 ? -9 : 9;
          canvas.dispatchEvent(new WheelEvent('wheel', { deltaX, deltaY: deltaX / 3, cancelable: true }));
          const now = await new Promise<number>(requestAnimationFrame);
          between.push(now - last);
          last = now;
        }
        return between.toSorted((a, b) => a - b);
      });
    const readable = await pan();
    await panel.page.screenshot({ path: join(SCREENSHOTS, 'tree-huge-readable.png') });
    await button('Fit the whole tree (0)').click();
    await panel.drawn();
    const whole = await pan();
    await panel.page.screenshot({ path: join(SCREENSHOTS, 'tree-huge-whole.png') });
    const [median, worst] = [0.5, 0.95].map(
      (share) => (list: number[]) => list[Math.floor(share * list.length)]!,
    );
    console.log(
      `${nodesOf(HUGE)} tokens: shown after ${shownMs.toFixed(0)} ms; ms between frames while panning: ` +
        `readable ${median!(readable).toFixed(1)} (95 %: ${worst!(readable).toFixed(1)}), ` +
        `whole ${median!(whole).toFixed(1)} (95 %: ${worst!(whole).toFixed(1)})`,
    );
    // A browser without a graphics card on a busy machine; with one it is the screen's rate.
    expect(median!(readable)).toBeLessThan(50);
    expect(median!(whole)).toBeLessThan(50);
  });
});

describe('the list', () => {
  const rows = () => role('treeitem');

  it('is open along the path, and moves as trees do', async () => {
    await show(RUN);
    await button('Show as list').click();
    const selected = panel.page.locator('[aria-selected=true]');
    expect(await selected.getAttribute('aria-level')).toBe(String(RUN.steps.length + 1));
    expect(await role('tree').getAttribute('aria-activedescendant')).toBe(await selected.getAttribute('id'));
    await role('tree').focus();
    await press('Home');
    expect(await selected.innerText()).toBe('the prompt');
    expect(await selected.getAttribute('aria-expanded')).toBe('true');
    await press('ArrowLeft');
    expect(await selected.getAttribute('aria-expanded')).toBe('false');
    expect(await rows().count()).toBe(1);
    await press('ArrowRight', 'ArrowRight');
    expect(await selected.getAttribute('aria-level')).toBe('2');
    expect(await selected.getAttribute('aria-posinset')).toBe('1');
    await press('ArrowDown');
    expect(await selected.getAttribute('aria-posinset')).toBe('2');
    await press('ArrowLeft');
    expect(await selected.innerText()).toBe('the prompt');
    await press('Enter');
    await expect.poll(() => panel.sent.at(-1)).toEqual({ kind: 'copy', text: '' });
  });

  it('makes no more rows than can be seen, of 5,000 tokens', async () => {
    await show(HUGE);
    await button('Show as list').click();
    const list = role('tree');
    expect(await list.evaluate((element) => element.scrollHeight)).toBeGreaterThan(5000);
    expect(await rows().count()).toBeLessThan(60);
    await list.evaluate((element) => element.scrollTo(0, 0));
    await expect.poll(() => rows().first().innerText()).toBe('the prompt');
  });

  it('has the same selection as the graph', async () => {
    await show(RUN);
    await graph().focus();
    await press('ArrowLeft', 'ArrowLeft');
    const path = await details().innerText();
    await button('Show as list').click();
    expect(await details().innerText()).toBe(path);
    await button('Show as graph').click();
    expect(await details().innerText()).toBe(path);
  });
});

describe('several searches', () => {
  const other = searchRun({ ...SHAPE, budget: 8, seed: 4 }, { id: 1, title: 'b.ts:7' });

  it('the newest is shown until another is chosen', async () => {
    await show(RUN, other);
    expect(await role('status').innerText()).toContain('8 completions');
    await panel.page.getByLabel('Search', { exact: true }).selectOption('0');
    expect(await role('status').innerText()).toContain('4 completions');
  });

  it('are compared: answers, rewards, costs, and where they part', async () => {
    await show(RUN, other);
    await panel.page.getByLabel('Compare with').selectOption('0');
    const cells = await role('row').allInnerTexts();
    expect(cells).toContain(`Method\tsaffron, budget 8\tsaffron, budget 4`);
    expect(cells.find((row) => row.startsWith('Answer'))).toContain(BEST.text.trim().slice(0, 12));
    expect(await role('table').innerText()).toMatch(/answers (differ|are the same)/);
    expect(await graph().count()).toBe(2);
    await panel.page.getByLabel('Compare with').selectOption('');
    expect(await graph().count()).toBe(1);
  });

  it('a search asked for from outside is brought forward', async () => {
    await show(RUN, other);
    await panel.post({ kind: 'select', run: 0, node: BEST.node });
    expect(await role('status').innerText()).toContain('4 completions');
  });
});

describe('export', () => {
  it('as SVG: a picture of every token, which needs no theme', async () => {
    written.length = 0;
    await show(RUN);
    await button('Export as SVG').click();
    await expect.poll(() => written.length).toBe(1);
    const { path, text } = written[0]!;
    expect(path).toBe('/saved.svg');
    expect(text.split('<g>').length - 1).toBe(nodesOf(RUN));
    expect(text).not.toMatch(/var\(|<script/);
    const errors = await panel.page.evaluate(
      (svg) => new DOMParser().parseFromString(svg, 'image/svg+xml').querySelectorAll('parsererror').length,
      text,
    );
    expect(errors).toBe(0);
  });

  it('as JSON: the run as it was told', async () => {
    written.length = 0;
    const id = panel.host.begin({ prefix: 'x' }, { title: 'a.ts:1', source: 'command' }, () => undefined);
    for (const step of RUN.steps) panel.host.step(id, step);
    panel.host.end(id, 'ended', undefined, RUN.result);
    await panel.drawn();
    await button('Export as JSON').click();
    await expect.poll(() => written.length).toBe(1);
    expect(JSON.parse(written[0]!.text)).toMatchObject({
      title: 'a.ts:1',
      steps: RUN.steps,
      result: RUN.result,
    });
  });
});

describe('hostile text', () => {
  const HOSTILE =
    '<img src=x onerror="document.title=\'owned\'">]]></title><script>document.title="owned"</script>\u0000\uD800&"';

  it('is shown as text everywhere and does nothing, in an export neither', async () => {
    written.length = 0;
    const steps = RUN.steps.map((step) => ({
      ...step,
      added: step.added.map((node) => ({ ...node, text: HOSTILE })),
    }));
    const result = {
      ...RUN.result!,
      completions: RUN.result!.completions.map((one) => ({ ...one, text: HOSTILE })),
      avoided: RUN.result!.avoided.map((one) => ({ ...one, text: HOSTILE })),
    };
    const hostile = { ...RUN, title: HOSTILE, prompt: HOSTILE, message: HOSTILE, steps, result };
    await show({ ...hostile, phase: 'failed' }, { ...hostile, id: 1, phase: 'refused' });
    await button('Export as SVG').click();
    await expect.poll(() => written.length).toBe(1);
    expect(written[0]!.text).not.toMatch(/<img|<script/);
    const errors = await panel.page.evaluate(
      (svg) => new DOMParser().parseFromString(svg, 'image/svg+xml').querySelectorAll('parsererror').length,
      written[0]!.text,
    );
    expect(errors).toBe(0);
    await button('Show as list').click();
    expect(await panel.page.title()).toBe('Verity: Search Tree');
    expect(await panel.page.locator('#root').locator('img, script, style, a, iframe').count()).toBe(0);
  });
});

it('malformed messages are ignored, and the panel goes on', async () => {
  await show(RUN);
  const before = await panel.text();
  const malformed: unknown[] = [
    null,
    42,
    'state',
    {},
    { kind: 'state' },
    { kind: 'state', state: { runs: [{ id: 0 }] } },
    { kind: 'step', run: 0, step: { step: -1 } },
    { kind: 'step', run: 99, step: RUN.steps[0] },
    { kind: 'end', run: 0, phase: 'growing' },
    { kind: 'begin', run: { ...RUN, phase: 'asleep' } },
    { kind: 'select', run: 0, node: -1 },
  ];
  for (const message of malformed) await panel.post(message);
  expect(await panel.text()).toBe(before);
  await panel.post({ kind: 'select', run: 0, node: 99_999 });
  expect(await details().innerText()).toContain('End of the best path');
});
