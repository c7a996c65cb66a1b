/** The agents panel's behaviour, over its real host and the built bundle: what it shows, what it sends. */
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { COMPARED, LANES, latentStep, PROBLEM, RESULT, STATES } from '../unit/protocol/solutions.ts';
import { AgentsPage } from './agents-page.ts';
import { launch } from './browser.ts';

vi.mock('vscode', () => import('./fake-vscode.ts'));

const browser = await launch();
afterAll(() => browser.close());

let panel: AgentsPage;
beforeEach(async () => {
  panel = await AgentsPage.open(browser);
});
afterEach(async () => {
  expect(panel.complaints).toEqual([]);
  expect(panel.strangers).toEqual([]);
  await panel.close();
});

const role: AgentsPage['page']['getByRole'] = (...args) => panel.page.getByRole(...args);
const begin = () => panel.host.begin({ problem: PROBLEM, team: 'sequential', isComparing: false });

describe('a run', () => {
  it('begins empty, and tells its host that it is ready', async () => {
    expect(await panel.text()).toContain('No team at work');
    await expect.poll(() => panel.sent).toEqual([{ kind: 'ready' }]);
  });

  it('grows a lane per agent as parts come in, and ends with the answer', async () => {
    begin();
    panel.host.send({ kind: 'partial', partial: { kind: 'agent', agent: 0, role: 'planner' } });
    panel.host.send({ kind: 'partial', partial: { kind: 'latent', step: latentStep(0, 0) } });
    panel.host.send({ kind: 'partial', partial: { kind: 'latent', step: latentStep(0, 1) } });
    await panel.drawn();
    expect(await role('status').innerText()).toBe('planner at work…');
    expect(await panel.page.locator('.inspector tbody tr').count()).toBe(2);
    panel.host.send({ kind: 'partial', partial: { kind: 'report', agent: 0, report: LANES[0]!.report! } });
    panel.host.send({ kind: 'partial', partial: { kind: 'agent', agent: 1, role: 'judger' } });
    panel.host.send({ kind: 'partial', partial: { kind: 'text', agent: 1, text: 'It needs a guard.' } });
    panel.host.send({ kind: 'answered', result: RESULT, use: 'edit' });
    await panel.drawn();
    expect(await role('listitem').filter({ hasText: 'planner' }).first().innerText()).toContain(
      '10 latent steps',
    );
    expect(await role('region', { name: 'Answer' }).innerText()).toContain('mean of nothing');
  });

  it('is cancelled by its button and by Escape', async () => {
    begin();
    await role('button', { name: 'Cancel' }).click();
    await panel.page.keyboard.press('Escape');
    await expect.poll(() => panel.sent.filter(({ kind }) => kind === 'cancel').length).toBe(2);
    panel.host.send({ kind: 'stopped', phase: 'cancelled' });
    await panel.drawn();
    expect(await role('button', { name: 'Cancel' }).count()).toBe(0);
  });

  it('is shown again after the panel was hidden', async () => {
    panel.host.send({ kind: 'state', state: STATES.compared });
    await panel.drawn();
    const before = await panel.text();
    expect(before).toContain('Against the baselines');
    await panel.page.reload();
    await expect.poll(() => panel.text()).toBe(before);
  });
});

describe('an answer', () => {
  it.each([
    ['Show Changes', 'show'],
    ['Copy', 'copy'],
    ['Compare', 'compare'],
    [PROBLEM.title, 'open'],
  ])('%s asks its host to %s', async (name, kind) => {
    await panel.post({ kind: 'state', state: STATES.answered });
    await role('button', { name }).click();
    await expect.poll(() => panel.sent.at(-1)).toEqual({ kind });
  });

  it('has its caution before it', async () => {
    await panel.post({ kind: 'state', state: STATES.compared });
    const text = await role('region', { name: 'Answer' }).innerText();
    expect(text.indexOf(COMPARED.caution!)).toBeGreaterThan(0);
    expect(text.indexOf(COMPARED.caution!)).toBeLessThan(text.indexOf('The mean of an empty list'));
  });

  it('is compared with the baselines: tokens, time, and whether they say the same', async () => {
    await panel.post({ kind: 'state', state: STATES.compared });
    const rows = await role('region', { name: 'Comparison', exact: true })
      .locator('tbody tr')
      .allInnerTexts();
    expect(rows.map((row) => row.split('\t'))).toEqual([
      ['sequential', '96', '576', '4.9 s', 'this one'],
      ['text', '612', '1,092', '19.4 s', 'another'],
      ['single', '101', '581', '2.5 s', 'the same'],
    ]);
    expect(await panel.text()).toContain(
      'Against text: 84 % less written, 47 % less evaluated, 75 % less time.',
    );
    expect(await panel.text()).toContain('2.0 × as much time');
    expect(await role('button', { name: 'Compare' }).count()).toBe(0);
  });

  it('stays text, whatever it holds', async () => {
    const answer = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    await panel.post({ kind: 'state', state: { ...STATES.answered, result: { ...RESULT, answer } } });
    expect(await role('region', { name: 'Answer' }).innerText()).toContain(answer);
    expect(await panel.page.title()).toBe('Verity: Agents');
  });
});

describe('the latent inspector', () => {
  beforeEach(() => panel.post({ kind: 'state', state: STATES.answered }));
  const chosen = () => panel.page.locator('.inspector tr.chosen th').innerText();

  it('shows a step’s nearest tokens, its norm and its entropy', async () => {
    const [first] = await panel.page.locator('.inspector tbody tr').allInnerTexts();
    expect(first).toMatch(/1\s+plan 50 %\s+·divide 13 %[^]*40\.0\s+4\.00/);
  });

  it('is walked through by keyboard, and the plot follows', async () => {
    await panel.page.locator('.inspector tr.chosen').focus();
    const mark = () => panel.page.locator('.chosen-point').getAttribute('cx');
    const before = await mark();
    await panel.page.keyboard.press('ArrowDown');
    await panel.page.keyboard.press('ArrowDown');
    expect(await chosen()).toBe('3');
    expect(await mark()).not.toBe(before);
    await panel.page.keyboard.press('End');
    expect(await chosen()).toBe('10');
    await panel.page.keyboard.press('ArrowDown');
    expect(await chosen()).toBe('10');
    await panel.page.keyboard.press('Home');
    expect(await chosen()).toBe('1');
  });

  it('changes the agent by arrow keys', async () => {
    await role('tab', { name: 'planner' }).focus();
    await panel.page.keyboard.press('ArrowRight');
    expect(await role('tab', { selected: true }).innerText()).toBe('critic');
    expect(await role('tabpanel').getAttribute('aria-label')).toBe('Latent steps of critic');
    await panel.page.keyboard.press('ArrowLeft');
    await panel.page.keyboard.press('ArrowLeft');
    expect(await role('tab', { selected: true }).innerText()).toBe('refiner');
  });
});

it('draws one trajectory per agent that thought, with all its steps', async () => {
  await panel.post({ kind: 'state', state: STATES.answered });
  const points = await panel.page
    .locator('.trajectory')
    .evaluateAll((all) => all.map((one) => one.querySelectorAll('.point').length));
  expect(points).toEqual([10, 10, 10]);
});
