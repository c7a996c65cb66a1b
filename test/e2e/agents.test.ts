/**
 * Solve with Agents as a user has it, in a real editor: first with the embedded team, then with a server that answers
 * with code, which no model of that size writes.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWER, LANES, RESULT } from '../unit/protocol/solutions.ts';
import { Editor, put } from './editor.ts';

const CODE = `import { sum } from './sum';

// TODO: what is the mean of an empty list?
export function mean(values: number[]): number {
  return sum(values) / values.length;
}
`;

const SOLVED = ANSWER.replace('  return sum', '  const total = sum(values);\n  return sum').replace(
  'sum(values) / values',
  'total / values',
);

/** A language server that speaks over Node's channel and knows one answer. */
const SERVER = `
const parts = ${JSON.stringify(
  LANES.flatMap(({ agent, role, steps, report }) => [
    { kind: 'agent', agent, role },
    ...steps.map((step) => ({ kind: 'latent', step })),
    { kind: 'report', agent, report },
  ]),
)};
const result = ${JSON.stringify({ ...RESULT, answer: SOLVED })};
process.on('message', ({ id, method, params }) => {
  const answer = (value) => process.send({ jsonrpc: '2.0', id, result: value });
  if (method === 'initialize') answer({ capabilities: {} });
  else if (method === 'shutdown') answer(null);
  else if (method === 'exit') process.exit(0);
  else if (method === 'verity/solve') {
    if (!params.problem.includes('mean of an empty list')) throw new Error(params.problem);
    for (const value of parts)
      process.send({ jsonrpc: '2.0', method: '$/progress', params: { token: params.partialResultToken, value } });
    answer(result);
  }
});
`;

let editor: Editor;

beforeAll(async () => {
  editor = await Editor.open((folder) => {
    put(folder, 'statistics.ts', CODE);
    put(
      folder,
      'sum.ts',
      'export const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);\n',
    );
  });
});

afterAll(() => editor.close());

const row = (text: string) => editor.page.locator('.quick-input-list .monaco-list-row', { hasText: text });
const input = () => editor.page.locator('.quick-input-widget input.input');
const status = async () => (await editor.panel('Agents')).locator('[role=status]').innerText();

/** Asks about the line and answers with what the editor suggests as the question. */
async function solveAt(line: string): Promise<string> {
  await editor.openFile('statistics.ts');
  await editor.command('Go to Line/Column...');
  await editor.page.keyboard.type(line);
  await editor.page.keyboard.press('Enter');
  await editor.command('Verity: Solve with Agents');
  await editor.page.locator('.quick-input-widget', { hasText: 'What is to be done with' }).waitFor();
  return input().inputValue();
}

test('the embedded team answers what it is asked, and is given what was left checked alone', async () => {
  expect(await solveAt('3')).toBe('Do what the comment asks: TODO: what is the mean of an empty list?');
  await input().fill('What is 3 + 4?');
  await editor.page.keyboard.press('Enter');
  await row('The code in question').waitFor();
  expect(await row('Imports').count()).toBe(1);
  await editor.screenshot('agents-context');
  for (const item of await row('tokens').all()) await item.click();
  await editor.page.keyboard.press('Enter');
  await expect.poll(status, { timeout: 60_000 }).toMatch(/^Answered by 4 agents/);
  const panel = await editor.panel('Agents');
  expect(await panel.locator('.inspector tbody tr').count()).toBe(10);
  await editor.message('the agents have answered.');
  await editor.screenshot('agents-answered');
});

test('the panel compares with the baselines when asked', async () => {
  const panel = await editor.panel('Agents');
  await panel.getByRole('button', { name: 'Compare' }).click();
  await panel.locator('.comparison').waitFor({ timeout: 60_000 });
  expect(await panel.locator('.comparison tbody tr').count()).toBe(3);
});

test('an answer with code is a diff, accepted by hunks', async () => {
  const extensions = join(editor.folder, '..', 'extensions');
  const [installed] = readdirSync(extensions).filter((name) => name.startsWith('verity'));
  writeFileSync(join(extensions, installed!, 'dist', 'server.mjs'), SERVER);
  await editor.closeMessages();
  await editor.command('Verity: Restart Server');
  await solveAt('3');
  await editor.page.keyboard.press('Enter');
  await row('The code in question').waitFor();
  await editor.page.keyboard.press('Enter');
  await editor.message('the agents have answered with a change.');
  expect(readFileSync(join(editor.folder, 'statistics.ts'), 'utf8')).toBe(CODE);
  await editor.page.locator('.notification-toast .monaco-button', { hasText: 'Show Changes' }).click();
  await editor.page.locator('.monaco-diff-editor').waitFor();
  await row('line ').first().waitFor();
  await editor.screenshot('agents-hunks');
  // The comment goes, the guard comes: the first stays unless it is accepted.
  expect(await row('line ').allInnerTexts()).toEqual([
    expect.stringContaining('line 3: 1 line removed'),
    expect.stringContaining('line 5: 1 line becomes 3'),
  ]);
  await row('line 3').click();
  await editor.page.keyboard.press('Enter');
  await editor.openFile('statistics.ts');
  await editor.command('File: Save');
  const saved = () => readFileSync(join(editor.folder, 'statistics.ts'), 'utf8');
  await expect.poll(saved).toContain('return total / values.length;');
  expect(saved()).toContain('// TODO');
});

test('code that was edited since is not overwritten', async () => {
  const edited = CODE.replace('mean(values', 'average(values');
  writeFileSync(join(editor.folder, 'statistics.ts'), edited);
  await editor.page.locator('.tab', { hasText: 'answer' }).click();
  await editor.command('Verity: Accept Hunks');
  await row('line 3').waitFor();
  await editor.page.keyboard.press('Enter');
  await editor.message('has changed since, so nothing was replaced');
  expect(readFileSync(join(editor.folder, 'statistics.ts'), 'utf8')).toBe(edited);
});
