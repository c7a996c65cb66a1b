/** Which entries of the cache go when room is needed, and that none goes which somebody uses. */
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { hostTag } from '../../../../server/runtime/quantize/directory.ts';
import { evict, signIn } from '../../../../server/runtime/quantize/retention.ts';
import { temporaryDirectory } from './reference.ts';

/** What another process does at the next move of an entry. */
const moves = vi.hoisted(() => ({
  before: undefined as (() => Promise<void>) | undefined,
  after: undefined as (() => Promise<void>) | undefined,
}));
vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof import('node:fs/promises')>();
  const rename: typeof fs.rename = async (from, to) => {
    const { before, after } = moves;
    Object.assign(moves, { before: undefined, after: undefined });
    await before?.();
    await fs.rename(from, to);
    await after?.();
  };
  return { ...fs, rename };
});

const DAY = 24 * 60 * 60_000;
/** No system gives out such a number. */
const DEAD = `${hostTag}-999999999`;

const nameOf = (letter: string): string => letter.repeat(40);

async function entry(root: string, letter: string, daysAgo: number, users: string[] = []): Promise<string> {
  const directory = join(root, nameOf(letter));
  await mkdir(join(directory, 'users'), { recursive: true });
  await writeFile(join(directory, 'weights.bin'), Buffer.alloc(100));
  await writeFile(join(directory, 'manifest.json'), '{}');
  const used = new Date(Date.now() - daysAgo * DAY);
  await utimes(join(directory, 'manifest.json'), used, used);
  for (const user of users) {
    await writeFile(join(directory, 'users', user), '');
    await utimes(join(directory, 'users', user), used, used);
  }
  return directory;
}

/** The letters of the entries that are left; nothing else may be. */
const left = async (root: string): Promise<string> =>
  (await readdir(root))
    .map((name) => (name === nameOf(name[0]!) ? name[0]! : `[${name}]`))
    .toSorted()
    .join('');

describe('evict', () => {
  it('removes the least recently used until what comes fits', async () => {
    const root = await temporaryDirectory();
    for (const [letter, days] of Object.entries({ a: 2, b: 9, c: 1, d: 5 }))
      await entry(root, letter, days, [DEAD]);
    await evict(root, 100, 500);
    expect(await left(root)).toBe('abcd');
    await evict(root, 100, 450);
    expect(await left(root)).toBe('acd');
    await evict(root, 100, 220);
    expect(await left(root)).toBe('c');
    await evict(root, 100, 10);
    expect(await left(root)).toBe('');
  });

  it('counts an entry as used when somebody signs in', async () => {
    const root = await temporaryDirectory();
    const oldest = await entry(root, 'a', 9);
    await entry(root, 'b', 5);
    expect(await signIn(oldest)).toBe(true);
    await evict(root, 0, 100);
    expect(await left(root)).toBe('a');
  });

  it('takes nothing from a living process, and from one elsewhere only after a month', async () => {
    const root = await temporaryDirectory();
    await entry(root, 'a', 90, [DEAD, `${hostTag}-${process.pid}`]);
    await entry(root, 'b', 29, ['otherhost-1']);
    await entry(root, 'c', 31, ['otherhost-1']);
    await evict(root, 0, 0);
    expect(await left(root)).toBe('ab');
  });

  it('touches nothing that is no entry', async () => {
    const root = await temporaryDirectory();
    for (const name of ['sources', 'mine', nameOf('g'), 'tmp-otherhost-1-x']) await mkdir(join(root, name));
    await evict(root, 1, 0);
    expect(await readdir(root)).toHaveLength(4);
    await evict(join(root, 'nowhere'), 1, 0);
  });

  it('gives an entry back to who signs in after the look for users and before the move', async () => {
    const root = await temporaryDirectory();
    const directory = await entry(root, 'a', 1);
    let isIn = false;
    moves.before = async () => void (isIn = await signIn(directory));
    await evict(root, 0, 0);
    expect([isIn, await left(root)]).toEqual([true, 'a']);
    expect(await readdir(directory)).toEqual(['manifest.json', 'users', 'weights.bin']);
  });

  it('has taken an entry from who comes after the move, and says so', async () => {
    const root = await temporaryDirectory();
    const directory = await entry(root, 'a', 1);
    let isIn = true;
    moves.after = async () => void (isIn = await signIn(directory));
    await evict(root, 0, 0);
    expect([isIn, await left(root)]).toEqual([false, '']);
  });

  it('goes on where another process evicts the same', async () => {
    const root = await temporaryDirectory();
    for (const letter of ['a', 'b']) await entry(root, letter, 1);
    moves.before = () => evict(root, 0, 0);
    await evict(root, 0, 0);
    expect(await left(root)).toBe('');
  });
});

describe('signIn', () => {
  it('refuses where there is no entry, and makes none', async () => {
    const root = await temporaryDirectory();
    expect(await signIn(join(root, nameOf('a')))).toBe(false);
    expect(await left(root)).toBe('');
  });

  it('forgets users that have been dead for a while', async () => {
    const root = await temporaryDirectory();
    const directory = await entry(root, 'a', 1, [DEAD]);
    await signIn(directory);
    expect(await readdir(join(directory, 'users'))).toEqual([`${hostTag}-${process.pid}`]);
  });
});
