/** The verdict panel's behaviour, over its real host and the built bundle: what it shows, what it sends, what it refuses. */
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { judgment, reading } from '../unit/protocol/judgments.ts';
import { launch } from './browser.ts';
import { entry, STATES } from './scenarios.ts';
import { VerdictPage } from './verdict-page.ts';

vi.mock('vscode', () => import('./fake-vscode.ts'));

const browser = await launch();
afterAll(() => browser.close());

let panel: VerdictPage;
beforeEach(async () => {
  panel = await VerdictPage.open(browser);
});
afterEach(async () => {
  expect(panel.complaints).toEqual([]);
  expect(panel.strangers).toEqual([]);
  await panel.close();
});

const role: VerdictPage['page']['getByRole'] = (...args) => panel.page.getByRole(...args);
const card = (index: number) => role('listitem').nth(index);

describe('a run', () => {
  it('begins idle, says so, and tells its host that it is ready', async () => {
    expect(await panel.text()).toContain('No verdict yet');
    await expect.poll(() => panel.sent).toEqual([{ kind: 'ready' }]);
  });

  it('goes from start over streaming to the verdict, as the host tells it', async () => {
    panel.host.begin();
    await panel.drawn();
    expect(await role('status').innerText()).toBe('Starting the judge…');

    panel.host.show([entry('a.ts:1'), entry('b.ts:2')]);
    await panel.drawn();
    expect(await role('status').innerText()).toBe('Judging 1 of 2…');
    expect(await card(0).innerText()).toContain('Waiting');

    for (const text of ['<type>Reason', 'ing</type>\nso far'])
      panel.host.send({ kind: 'text', index: 0, order: 'AB', text });
    await panel.drawn();
    expect(await card(0).innerText()).toContain('<type>Reasoning</type>\nso far');
    expect(await card(0).innerText()).toContain('Reading 1 of 2: HEAD first');
    expect(await card(0).getAttribute('aria-busy')).toBe('true');
    expect(await panel.page.locator('.caret').count()).toBe(1);

    panel.host.send({ kind: 'text', index: 0, order: 'BA', text: 'again' });
    await panel.drawn();
    expect(await card(0).innerText()).toContain('Reading 2 of 2: working tree first');
    expect(await card(0).innerText()).not.toContain('so far');

    panel.host.send({ kind: 'judged', index: 0, judgment: judgment('A') });
    await panel.drawn();
    expect(await role('status').innerText()).toBe('Judging 2 of 2…');
    expect(await card(0).innerText()).toContain('The previous version is better');
    expect(await card(0).getAttribute('aria-busy')).toBe('false');

    panel.host.send({ kind: 'judged', index: 1, judgment: judgment('B') });
    panel.host.end('ended');
    await panel.drawn();
    expect(await role('status').innerText()).toBe('2 judged: 1 better, 1 worse');
    expect(await role('button', { name: 'Cancel' }).count()).toBe(0);
    expect(await panel.page.locator('.caret, .codicon-modifier-spin').count()).toBe(0);
  });

  it('that ranks candidates shows each comparison as it begins, and the ranking at its end', async () => {
    panel.host.begin();
    for (const title of ['a ↔ b', 'b ↔ c'])
      panel.host.send({ kind: 'entry', entry: entry(title, { comparison: 'alternatives', canOpen: false }) });
    panel.host.send({ kind: 'judged', index: 1, judgment: judgment('A') });
    await panel.drawn();
    expect(await card(0).innerText()).toContain('a ↔ b');
    expect(await card(1).innerText()).toContain('HEAD is better');
    expect(await role('table', { name: 'Ranking' }).count()).toBe(0);

    panel.host.rank(STATES.ranked.ranking);
    panel.host.end('ended');
    await panel.drawn();
    const rows = await role('table', { name: 'Ranking' }).getByRole('row').allInnerTexts();
    expect(rows.slice(1).map((row) => row.split('\t').slice(0, 2))).toEqual([
      ['1. src/limits.ts:20–34', '2 won, 0 lost'],
      ['2. src/limits.ts:4–18', '0 won, 1 lost, 1 undecided'],
      ['3. clipboard', '0 won, 1 lost, 1 undecided'],
    ]);
  });

  it('shows again what it showed when it is made anew', async () => {
    panel.host.show(STATES.decided.entries);
    await panel.drawn();
    await panel.page.reload();
    await card(3).waitFor();
    expect(await card(0).innerText()).toContain('The previous version is better');
  });

  it('that was cancelled keeps what was judged and folds what was written', async () => {
    await panel.post({ kind: 'state', state: STATES.cancelled });
    expect(await role('status').innerText()).toBe('Cancelled: 1 of 3 judged');
    expect(await card(0).innerText()).toContain('The change is better');
    expect(await card(1).innerText()).toContain('Not judged');
    await card(1).getByText('What the judge had written').click();
    expect(await card(1).innerText()).toContain('return total / (cou');
  });

  it('that failed says why, loudly', async () => {
    await panel.post({ kind: 'state', state: STATES.failed });
    expect(await role('alert').innerText()).toContain('The model directory /models/judge has no config.json');
    await panel.post({ kind: 'state', state: STATES['failed midway'] });
    expect(await role('alert').innerText()).toContain('signal SIGKILL');
    expect(await card(0).innerText()).toContain('The change is better');
    expect(await card(1).innerText()).toContain('Not judged');
  });
});

describe('a verdict', () => {
  it('comes first, then its confidence, then both quotes, then the reason', async () => {
    await panel.post({ kind: 'state', state: STATES.decided });
    const text = await card(0).innerText();
    const parts = [
      'The previous version is better',
      '90 % sure (uncalibrated) · both orders agree',
      'HEAD',
      'return total / count;',
      'working tree',
      'return total / (count - 1);',
      'B is wrong: off by one.',
      'Both readings',
    ];
    const places = parts.map((part) => text.indexOf(part));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual(places.toSorted((one, two) => one - two));
  });

  it('has a meter that is empty at a coin toss', async () => {
    await panel.post({ kind: 'state', state: STATES.alternatives });
    const meter = role('meter', { name: 'Confidence' });
    expect(
      await meter.evaluate((element: HTMLMeterElement) => [element.min, element.value, element.max]),
    ).toEqual([0.5, 0.72, 1]);
  });

  it('shows what its confidence is worth where the judge was calibrated, as a plot and a table', async () => {
    await panel.post({ kind: 'state', state: STATES.calibrated });
    expect(await card(0).innerText()).toContain('90 % sure · both orders agree');
    await panel.page.getByText('How often such verdicts are right').focus();
    await panel.page.keyboard.press('Enter');
    const plot = role('img', { name: /^Reliability plot\. 55 % sure: 60 % right;/ });
    expect(await plot.locator('circle').count()).toBe(3);
    const heights = await plot
      .locator('circle')
      .evaluateAll((circles) => circles.map((circle) => Number(circle.getAttribute('cy'))));
    expect(heights).toEqual(heights.toSorted((one, two) => two - one));
    const cells = await role('table').getByRole('cell').allInnerTexts();
    expect(cells).toEqual(['55 %', '60 %', '20', '74 %', '71 %', '80', '93 %', '94 %', '210']);
    expect(await role('table').innerText()).toContain('Measured on 310 judgments');
  });

  it('by votes says how many there were', async () => {
    await panel.post({ kind: 'state', state: STATES.votes });
    expect(await card(0).innerText()).toContain('6 of 8 votes · both orders agree');
    await card(0).getByText('Both readings').click();
    expect(await card(0).innerText()).toContain('3 votes for HEAD, 0 for working tree, 1 without a verdict');
    expect(await card(1).innerText()).toContain('have no majority');
    expect(await card(1).innerText()).toContain('2 votes for HEAD, 2 for working tree');
    expect(await card(0).getByText('How often such verdicts are right').count()).toBe(0);
  });

  it('marks the preferred quote, and in both what differs', async () => {
    await panel.post({ kind: 'state', state: STATES.decided });
    const quotes = card(0).locator('.quote');
    expect(await quotes.nth(0).innerText()).toContain('preferred');
    expect(await quotes.nth(1).innerText()).not.toContain('preferred');
    expect(await card(0).locator('mark').allInnerTexts()).toEqual(['count', '(count - 1)']);
  });

  it('names alternatives by their names', async () => {
    await panel.post({ kind: 'state', state: STATES.alternatives });
    expect(await card(0).innerText()).toContain('limit-a.ts is better');
    expect(await panel.page.locator('.badge.worse').count()).toBe(0);
  });

  it('folds rubric, thinking and both readings, and opens them by keyboard', async () => {
    await panel.post({ kind: 'state', state: STATES.alternatives });
    for (const [title, content] of [
      ['Rubric', 'Correctness (50 %)'],
      ['Thinking', 'Let me look at both.'],
      ['Both readings', 'limit-b.ts first'],
    ] as const) {
      expect(await panel.page.getByText(content).isVisible()).toBe(false);
      await panel.page.getByText(title, { exact: true }).focus();
      await panel.page.keyboard.press('Enter');
      expect(await panel.page.getByText(content).isVisible()).toBe(true);
    }
    const second = panel.page.locator('.reading').nth(1);
    expect(await second.innerText()).toContain('A is limit-b.ts, B is limit-a.ts.');
  });

  it.each([
    ['the first read twice', judgment('A', 'B'), 'preferred the version it read first'],
    ['the second read twice', judgment('B', 'A'), 'preferred the version it read second'],
    ['one invalid reading', judgment('A', null), 'One of the two readings ended without a valid verdict'],
    ['no valid reading', judgment(null), 'Neither reading ended in a valid verdict'],
  ])('is none, and says why: %s', async (_, undecided, why) => {
    const state = { phase: 'ended', entries: [entry('a.ts:1', { judgment: undecided })] };
    await panel.post({ kind: 'state', state });
    const text = await card(0).innerText();
    expect(text).toContain('Undecided');
    expect(text).toContain(why);
    expect(text).not.toContain('is better');
    expect(text).not.toContain('preferred\n');
    expect(await role('meter').count()).toBe(0);
  });

  it('without any part still shows what was written', async () => {
    const nothing = { type: null, solution: null, rubric: null, evaluation: null, thinking: null };
    const bare = { ...judgment('B', 'B', { reasoning: nothing }), reasoning: 'Because B.' };
    await panel.post({ kind: 'state', state: { phase: 'ended', entries: [entry('a', { judgment: bare })] } });
    expect(await card(0).innerText()).toContain('Because B.');
  });
});

describe('keyboard', () => {
  /** The accessible names that Tab reaches, from the top until it leaves. */
  async function tabStops(): Promise<string[]> {
    const stops: string[] = [];
    await panel.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    for (let presses = 0; presses < 40; presses++) {
      await panel.page.keyboard.press('Tab');
      const name = await panel.page.evaluate(() => {
        const { activeElement } = document;
        if (activeElement === null || activeElement === document.body) return undefined;
        return activeElement.ariaLabel ?? activeElement.textContent.trim();
      });
      if (name === undefined) break;
      stops.push(name);
    }
    return stops;
  }

  it('reaches cancel, every title, every fold and the text that scrolls, in order', async () => {
    await panel.post({ kind: 'state', state: STATES.streaming });
    expect(await tabStops()).toEqual([
      'Cancel',
      'src/orders/total.ts:42',
      'The judge’s own solution',
      'Both readings',
      'src/statistics.ts:14',
      'Reading 2 of 2: working tree first, as written',
      'src/statistics.ts:88',
    ]);
  });

  it('shows where it is', async () => {
    await panel.post({ kind: 'state', state: STATES.decided });
    await panel.page.keyboard.press('Tab');
    const outline = await panel.page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle);
    expect(outline).toBe('solid');
  });

  /** Messages cross from the page to the test in their own time, but in order. */
  const lastSent = async (message: unknown) => {
    await expect.poll(() => panel.sent.at(-1), { timeout: 10_000 }).toEqual(message);
  };
  const cancels = () => panel.sent.filter(({ kind }) => kind === 'cancel').length;

  it('Enter opens the code of an entry', async () => {
    await panel.post({ kind: 'state', state: STATES.decided });
    await role('button', { name: 'src/orders/total.ts:42' }).focus();
    await panel.page.keyboard.press('Enter');
    await lastSent({ kind: 'open', index: 1 });
  });

  it('Escape cancels a run, and nothing once it has ended', async () => {
    await panel.post({ kind: 'state', state: STATES.streaming });
    await panel.page.keyboard.press('Escape');
    await lastSent({ kind: 'cancel' });
    await panel.post({ kind: 'state', state: STATES.decided });
    await panel.page.keyboard.press('Escape');
    await role('button', { name: 'src/orders/total.ts:42' }).click();
    await lastSent({ kind: 'open', index: 1 });
    expect(cancels()).toBe(1);
  });

  it('so does the button', async () => {
    await panel.post({ kind: 'state', state: STATES.streaming });
    await role('button', { name: 'Cancel' }).click();
    await lastSent({ kind: 'cancel' });
  });
});

describe('hostile text', () => {
  const HOSTILE = [
    '<img src=x onerror="document.title=\'owned\'">',
    '<script>document.title="owned"</script>',
    '</pre></li></ol><h1>owned</h1>',
    '**bold** [link](https://example.com/x) ![image](https://example.com/x.png)',
    'javascript:document.title="owned"',
    '<a href="https://example.com/">click</a>',
    '<style>* { display: none }</style>',
    '\u202Eright to left\u202C',
  ].join('\n');

  const judged = judgment('A', 'A', {
    reasoning: {
      type: HOSTILE,
      solution: HOSTILE,
      rubric: HOSTILE,
      evaluation: `<quote_A>${HOSTILE}</quote_A><quote_B>${HOSTILE}</quote_B><summary_A>${HOSTILE}</summary_A>${HOSTILE}`,
      thinking: HOSTILE,
    },
    raw: HOSTILE,
  });

  it('is shown as text everywhere and does nothing', async () => {
    const names = { A: HOSTILE, B: HOSTILE };
    const written = { AB: HOSTILE, BA: HOSTILE };
    const entries = [
      entry(HOSTILE, { names, judgment: { ...judged, model: HOSTILE } }),
      entry(HOSTILE, { names, written, canOpen: false }),
    ];
    for (const phase of ['running', 'failed'])
      await panel.post({ kind: 'state', state: { phase, message: HOSTILE, entries } });
    await panel.page.evaluate(() => {
      for (const fold of document.querySelectorAll('details')) fold.open = true;
    });
    expect(await panel.page.title()).toBe('Verity: Verdict');
    expect(await panel.page.locator('#root').locator('img, script, style, a, h1, iframe').count()).toBe(0);
    const text = (await panel.page.locator('#root').textContent())!;
    // Message, two titles, two names twice or more, and every part of the reasoning.
    expect(text.split('<img src=x onerror=').length - 1).toBeGreaterThanOrEqual(12);
    expect(text).toContain('![image](https://example.com/x.png)');
  });

  it('of 200 kB in one line is drawn, and does not widen the panel', async () => {
    const long = 'x'.repeat(200_000);
    const quoted = `<quote_A>${long}</quote_A><quote_B>${long}y</quote_B>${long}`;
    const huge = judgment('A', 'A', {
      raw: long,
      reasoning: { ...reading('AB', 'A').reasoning, evaluation: quoted },
    });
    panel.host.show([entry(long, { judgment: huge }), entry('b')]);
    panel.host.send({ kind: 'text', index: 1, order: 'AB', text: long });
    await panel.drawn();
    await card(1).locator('.caret').waitFor();
    expect(await panel.page.evaluate(() => document.documentElement.scrollWidth)).toBe(420);
    expect(await card(0).locator('.quote pre').first().textContent()).toBe(long);
  });

  it('may hold broken tags and lone surrogates', async () => {
    const broken = '<quote_A><quote_B></quote_A><summary_A>\uD800</summary_B>`\0`</eval>';
    const odd = judgment('B', 'B', { reasoning: { ...reading('AB', 'B').reasoning, evaluation: broken } });
    await panel.post({ kind: 'state', state: { phase: 'ended', entries: [entry('a', { judgment: odd })] } });
    expect(await card(0).innerText()).toContain('The change is better');
  });
});

describe('malformed messages', () => {
  it('are ignored, and the panel goes on', async () => {
    await panel.post({ kind: 'state', state: STATES.streaming });
    const before = await panel.text();
    const malformed: unknown[] = [
      undefined,
      null,
      42,
      'state',
      [],
      {},
      { kind: 'state' },
      { kind: 'state', state: { phase: 'asleep', entries: [] } },
      { kind: 'state', state: { phase: 'ended', entries: [{ title: 1 }] } },
      { kind: 'text', index: 'x', order: 'AB', text: '' },
      { kind: 'text', index: 7, order: 'AB', text: 'nobody’s' },
      { kind: 'text', index: -1, order: 'AB', text: 'nobody’s' },
      { kind: 'text', index: 1, order: 'AA', text: 'x' },
      { kind: 'judged', index: 0, judgment: { ...judgment('A'), confidence: 7 } },
      { kind: 'judged', index: 0, judgment: null },
      { kind: '__proto__', index: 0 },
    ];
    for (const message of malformed) await panel.post(message);
    expect(await panel.text()).toBe(before);
    await panel.post({ kind: 'judged', index: 1, judgment: judgment('B') });
    expect(await card(1).innerText()).toContain('The change is better');
  });
});

it('a reader who asked for less motion sees none', async () => {
  const still = await VerdictPage.open(browser, { reducedMotion: true });
  const moving = await panel.page.evaluate(() => document.getAnimations().length);
  expect(moving).toBe(0);
  for (const one of [panel, still]) await one.post({ kind: 'state', state: STATES.streaming });
  const count = ({ page }: VerdictPage) => page.evaluate(() => document.getAnimations().length);
  expect(await count(panel)).toBeGreaterThan(0);
  expect(await count(still)).toBe(0);
  await still.close();
});
