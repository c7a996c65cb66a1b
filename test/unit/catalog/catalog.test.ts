/** The catalog, and where models lie on this machine. */
import { join, relative } from 'node:path';
import { homedir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { CATALOG, fittingDtype, memoryFor } from '../../../server/catalog/catalog.ts';
import { cacheRoot, huggingFaceHome } from '../../../server/catalog/hub/cache.ts';
import { REPOSITORY_ID } from '../../../server/catalog/hub/repository.ts';
import { resolveModel } from '../../../server/catalog/resolve.ts';

it('names every model once, by an id that a hub allows', () => {
  const ids = CATALOG.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => !REPOSITORY_ID.test(id))).toEqual([]);
});

it('chooses the dtype that keeps most of the quality in the memory there is', () => {
  expect(fittingDtype(7, 16e9)).toBe('int8');
  expect(fittingDtype(7, 6e9)).toBe('int4');
  expect(fittingDtype(32, 16e9)).toBeUndefined();
  expect(memoryFor(7, 'int4')).toBeLessThan(memoryFor(7, 'int8'));
});

it("the user's token is sought beside the cache", () => {
  for (const environment of [{}, { XDG_CACHE_HOME: '/x' }, { HF_HOME: '/h' }])
    expect(cacheRoot(environment)).toBe(join(huggingFaceHome(environment), 'hub'));
});

it('a directory is called by its own name, however it was given', async () => {
  const embedded = join(import.meta.dirname, '../../../models/nano-judge');
  const given = [embedded, relative(process.cwd(), embedded), undefined];
  const models = await Promise.all(given.map((one) => resolveModel('judge', one)));
  expect(models.map(({ id }) => id)).toEqual(['nano-judge', 'nano-judge', 'nano-judge']);
  expect(relative(process.cwd(), embedded)).toMatch(REPOSITORY_ID);
});

describe('the cache is where huggingface_hub has it', () => {
  it.each([
    [{}, join(homedir(), '.cache/huggingface/hub')],
    [{ XDG_CACHE_HOME: '/x' }, '/x/huggingface/hub'],
    [{ XDG_CACHE_HOME: '/x', HF_HOME: '/h' }, '/h/hub'],
    [{ HF_HOME: '/h', HF_HUB_CACHE: '/c' }, '/c'],
  ])('%j', (environment, root) => {
    expect(cacheRoot(environment)).toBe(root);
  });
});
