/** A run that was cut off goes on from what it wrote, and from nothing else. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Identity, Journal } from '../../../server/eval/journal.ts';
import type { Outcome } from '../../../server/eval/outcome.ts';
import { ended } from './ended.ts';

const IDENTITY: Identity = {
  journal: 1,
  benchmark: 'pairs',
  data: 'd',
  model: 'm',
  promptFamily: 'compact',
  prompt: 'p',
  dtype: 'auto',
  device: 'auto',
  verity: '1',
};
const { outcome } = ended();
const tooLong: Outcome = { kind: 'doesNotFit', reason: 'too long' };

const file = () => join(mkdtempSync(join(tmpdir(), 'verity-journal-')), 'run.journal.jsonl');

async function written(...outcomes: [string, Outcome][]): Promise<string> {
  const path = file();
  const { journal } = await Journal.open(path, IDENTITY, false);
  for (const [key, one] of outcomes) await journal.append(key, one);
  await journal.close();
  return path;
}

async function resume(path: string, identity = IDENTITY) {
  const { journal, ...kept } = await Journal.open(path, identity, true);
  await journal.close();
  return kept;
}

describe('resuming', () => {
  it('finds every outcome again', async () => {
    const { outcomes, anew } = await resume(await written(['a', outcome], ['b', tooLong]));
    expect([...outcomes]).toEqual([
      ['a', outcome],
      ['b', tooLong],
    ]);
    expect(anew).toBeUndefined();
  });

  it('forgets a half-written last line, and what is appended then can be read', async () => {
    const path = await written(['a', outcome], ['b', outcome]);
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, -20));
    const { journal, outcomes } = await Journal.open(path, IDENTITY, true);
    expect([...outcomes.keys()]).toEqual(['a']);
    await journal.append('c', tooLong);
    await journal.close();
    expect([...(await resume(path)).outcomes.keys()]).toEqual(['a', 'c']);
  });

  it('a file that does not end in a line end has lost its last line, even if that is whole', async () => {
    const path = await written(['a', outcome]);
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, -1));
    expect((await resume(path)).outcomes.size).toBe(0);
  });

  it.each([
    ['model', 'the model changed'],
    ['data', 'the data changed'],
    ['prompt', 'the prompt changed'],
    ['dtype', '--dtype changed'],
  ] as const)('another %s starts anew and says so', async (part, anew) => {
    const kept = await resume(await written(['a', outcome]), { ...IDENTITY, [part]: 'other' });
    expect(kept).toEqual({ outcomes: new Map(), anew });
  });

  it('names all that changed', async () => {
    const kept = await resume(await written(), { ...IDENTITY, data: 'x', model: 'y' });
    expect(kept.anew).toBe('the data and the model changed');
  });

  it('takes a file of another kind for none', async () => {
    const path = file();
    writeFileSync(path, 'hello\n{"key":"a"}\n');
    expect(await resume(path)).toEqual({
      outcomes: new Map(),
      anew: 'it is not the journal of an evaluation',
    });
  });

  it('where there is nothing yet is a beginning', async () => {
    expect(await resume(file())).toEqual({ outcomes: new Map() });
  });
});

it('without resuming, earlier outcomes are gone', async () => {
  const path = await written(['a', outcome]);
  const { journal, outcomes } = await Journal.open(path, IDENTITY, false);
  await journal.close();
  expect(outcomes.size).toBe(0);
  expect((await resume(path)).outcomes.size).toBe(0);
});

it('a place that cannot be written is bad input', async () => {
  await expect(Journal.open('/nowhere/run.jsonl', IDENTITY, false)).rejects.toMatchObject({
    kind: 'badInput',
    message: expect.stringMatching(/^Cannot write \/nowhere\/run\.jsonl/) as string,
  });
});
