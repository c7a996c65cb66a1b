/** The derivation panel's behaviour, over its real host and the built bundle. */
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Result } from '../../extension/deduction/results.ts';
import { NOTHING_ASKED } from '../../server/protocol/derivation-panel.ts';
import { ABSTAINED, PROVED } from '../unit/protocol/deductions.ts';
import { launch } from './browser.ts';
import { DerivationPage } from './derivation-page.ts';
import { STATES } from './derivations.ts';
import { copied, opened, written } from './fake-vscode.ts';

vi.mock('vscode', () => import('./fake-vscode.ts'));

const browser = await launch();
afterAll(() => browser.close());

let panel: DerivationPage;
beforeEach(async () => {
  panel = await DerivationPage.open(browser);
});
afterEach(async () => {
  expect(panel.complaints).toEqual([]);
  expect(panel.strangers).toEqual([]);
  await panel.close();
});

const role: DerivationPage['page']['getByRole'] = (...args) => panel.page.getByRole(...args);
const status = () => role('status').innerText();

/** A question in a document whose offsets are its columns. */
const RESULT = {
  id: 0,
  asked: { document: { uri: 'menu.md', positionAt: (offset: number) => offset } },
  place: {
    question: { start: 90, end: 99 },
    premises: [0, 1, 2, 3, 4].map((n) => ({ start: 10 * n, end: 10 * n + 5 })),
    isWhole: false,
  },
} as unknown as Result;

const show = async (name: keyof typeof STATES, cancel = () => undefined as unknown) => {
  panel.host.show(STATES[name], RESULT, cancel);
  await panel.drawn();
};

describe('a question', () => {
  it('begins with nothing asked, and the panel tells its host that it is ready', async () => {
    expect(await panel.text()).toContain('Nothing asked yet');
    await expect.poll(() => panel.sent).toEqual([{ kind: 'ready' }]);
  });

  it('goes from its premises as they are read to the result, as the host tells it', async () => {
    await show('starting');
    expect(await status()).toBe('Reading premises: 0 of 5');
    expect(await role('listitem').first().innerText()).toContain('being read');
    for (const premise of PROVED.premises) panel.host.send({ kind: 'premise', premise });
    panel.host.send({ kind: 'text', text: 'a: [salad] = 6 by 2' });
    await panel.drawn();
    expect(await status()).toBe('Premises read; deducing…');
    expect(await role('listitem').first().innerText()).toContain('[soup] = 3');
    expect(await panel.text()).toContain('not checked yet\n\na: [salad] = 6 by 2');
    panel.host.send({ kind: 'deduction', deduction: PROVED });
    await panel.drawn();
    expect(await status()).toBe('Proved: 15 from premises 1, 2 and 4 of 5');
    expect(await panel.text()).not.toContain('not checked yet');
    expect(await role('button', { name: 'Cancel' }).count()).toBe(0);
  });

  it.each(['the button', 'Escape'])('is cancelled with %s', async (how) => {
    const cancel = vi.fn();
    await show('reading', cancel);
    if (how === 'Escape') await panel.page.keyboard.press('Escape');
    else await role('button', { name: 'Cancel' }).click();
    await expect.poll(() => cancel.mock.calls.length).toBe(1);
  });

  it('shows again what it showed when it is made anew', async () => {
    await show('proved');
    await panel.page.reload();
    await panel.page.locator('.badge').waitFor();
    expect(await panel.text()).toContain('Proved: 15');
  });

  it('that failed says why, loudly; an abstention is no alert', async () => {
    await show('failed');
    expect(await role('alert').innerText()).toContain('/models/deduction has no config.json');
    await show('abstained');
    expect(await role('alert').count()).toBe(0);
    expect(await status()).toBe(`Abstained: ${ABSTAINED.reason}`);
  });

  it('leads back to its lines', async () => {
    await show('proved');
    await role('button', { name: 'notes/menu.md:3–8' }).click();
    await expect.poll(() => opened.at(-1)).toEqual({ uri: 'menu.md', start: 90, end: 99 });
  });
});

describe('a proof', () => {
  it('tells needed premises from others', async () => {
    await show('proved');
    const texts = (name: string) => role('list', { name, exact: true }).getByRole('listitem').allInnerTexts();
    expect((await texts('Premises needed')).map((text) => text[0])).toEqual(['1', '2', '4']);
    expect((await texts('Premises not needed')).map((text) => text[0])).toEqual(['3', '5']);
    expect((await texts('Premises not needed'))[0]).toContain('Not read: This sentence is about');
  });

  it('opens a premise in the editor', async () => {
    await show('proved');
    await role('button', { name: 'Open premise 4 in the editor' }).click();
    await expect.poll(() => opened.at(-1)).toEqual({ uri: 'menu.md', start: 30, end: 35 });
  });

  it('is a graph whose nodes are reached and chosen with the keyboard', async () => {
    await show('proved');
    const names = [
      'Premise 1: The soup costs 3 dollars.',
      'Premise 2: The salad costs twice as much as the soup.',
      'Premise 4: The fish costs 9 dollars more than the salad.',
      'Step a: [salad] = 6, from 1 and 2',
      'Step b: [fish] = 15, from a and 4',
      'Proved: 15: How much does the fish cost?',
    ];
    const graph = role('group', { name: 'Proof as a graph' });
    expect(await graph.getByRole('button').count()).toBe(names.length);
    for (const name of names) expect(await graph.getByRole('button', { name, exact: true }).count()).toBe(1);
    expect(await panel.page.locator('.node.lit').count()).toBe(6);
    await role('button', { name: 'notes/menu.md:3–8' }).focus();
    for (let press = 0; press < 4; press++) await panel.page.keyboard.press('Tab');
    await panel.page.keyboard.press('Enter');
    await panel.drawn();
    expect(await role('button', { name: 'Step a:' }).getAttribute('aria-pressed')).toBe('true');
    // What the step rests on stands out: both premises and itself.
    expect(await panel.page.locator('.node.lit').count()).toBe(3);
    expect(await panel.page.locator('figcaption').innerText()).toContain('[salad] = 6');
  });

  it('is drawn from premises down to the conclusion', async () => {
    await show('proved');
    const tops = await panel.page
      .locator('foreignObject')
      .evaluateAll((all) => all.map((each) => Number(each.getAttribute('y'))));
    const [one, two, four, a, b, conclusion] = tops as [number, number, number, number, number, number];
    expect([one < a, two < a, a < b, four < b, b < conclusion]).toEqual(Array(5).fill(true));
  });

  it('has no step that the solver has not checked', async () => {
    const [a, b] = PROVED.derivation;
    const deduction = { ...PROVED, derivation: [a!, { ...b!, isChecked: false }] };
    await panel.post({ kind: 'state', state: { ...STATES.proved, deduction } });
    expect(await role('list', { name: 'Derivation' }).getByRole('listitem').count()).toBe(1);
    expect(await role('button', { name: /^Step/ }).count()).toBe(1);
  });

  it('copies itself as Markdown and exports what the solver was asked', async () => {
    await show('proved');
    await role('button', { name: 'Copy as Markdown' }).click();
    await expect.poll(() => copied.at(-1)).toContain('**Proved: 15.**');
    await role('button', { name: 'Export SMT-LIB' }).click();
    await expect.poll(() => written.at(-1)).toEqual({ path: '/saved.smt2', text: PROVED.smtLib });
  });
});

describe('an abstention', () => {
  it('shows both states of affairs, what differs first and marked, and what is missing', async () => {
    await show('abstained');
    const rows = await role('table').getByRole('row').allInnerTexts();
    expect(rows.map((row) => row.split(/\s*\t\s*/))).toEqual([
      ['', 'State 1', 'State 2'],
      ['wine', '16', '21'],
      ['soup', '3', '3'],
      ['salad', '6', '6'],
      ['fish', '15', '15'],
      ['Answer', 'no', 'yes'],
    ]);
    expect(await panel.page.locator('mark').allInnerTexts()).toEqual(['16', '21', 'no', 'yes']);
    expect(await panel.page.locator('.missing').innerText()).toContain('[wine] = 21');
    expect(await panel.page.locator('svg').count()).toBe(0);
  });

  it('never shows what the model proposed', async () => {
    const deduction = { ...ABSTAINED, proposed: '4711' };
    await panel.post({ kind: 'state', state: { ...STATES.abstained, deduction } });
    expect(await panel.text()).not.toContain('4711');
  });
});

it('texts are never markup', async () => {
  const text = '<img src=x onerror=alert(1)><b>bold</b>';
  const deduction = {
    ...PROVED,
    reason: text,
    premises: PROVED.premises.map((premise) => ({ ...premise, text, formal: text })),
  };
  await panel.post({ kind: 'state', state: { ...STATES.proved, deduction } });
  expect(await panel.page.locator('#root img, #root b').count()).toBe(0);
  expect(await panel.text()).toContain(text);
});

it('a message that is none of its own changes nothing', async () => {
  await show('proved');
  await panel.post({ kind: 'state', state: { ...NOTHING_ASKED, phase: 'unheard-of' } });
  expect(await panel.text()).toContain('Proved: 15');
});
