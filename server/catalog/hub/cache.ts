/**
 * Hugging Face's own cache on this machine, shared with Python's huggingface_hub: what either has loaded serves both.
 *
 *   models--owner--name/blobs/<digest>            a file's content
 *   models--owner--name/snapshots/<commit>/<path> a link to it
 *   models--owner--name/refs/<revision>           the commit that a revision stands for
 *
 * Verity's own, while a file is being loaded: blobs/<digest>.verity and <digest>.verity.json, see download.ts.
 */
import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { REPOSITORY_ID } from './repository.ts';

/** Where huggingface_hub keeps its cache and the user's token. */
export const huggingFaceHome = (environment = process.env): string =>
  environment['HF_HOME'] ?? join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'huggingface');

/** As huggingface_hub finds it. */
export const cacheRoot = (environment = process.env): string =>
  environment['HF_HUB_CACHE'] ?? join(huggingFaceHome(environment), 'hub');

export const repositoryFolder = (root: string, id: string): string =>
  join(root, `models--${id.replace('/', '--')}`);

export const blobFile = (root: string, id: string, digest: string): string =>
  join(repositoryFolder(root, id), 'blobs', digest);

const snapshotFolder = (root: string, id: string, commit: string): string =>
  join(repositoryFolder(root, id), 'snapshots', commit);

/** A snapshot that is complete: its revision is published last. */
export async function findSnapshot(root: string, id: string, revision = 'main'): Promise<string | undefined> {
  const reference = join(repositoryFolder(root, id), 'refs', revision);
  const commit = (await readFile(reference, 'utf8').catch(() => '')).trim();
  const folder = snapshotFolder(root, id, commit || revision);
  const isThere = await stat(join(folder, 'config.json')).catch(() =>
    stat(join(folder, 'adapter_config.json')).catch(() => undefined),
  );
  return isThere === undefined ? undefined : folder;
}

/** Links files that are all there into a snapshot, and points the revision at it. */
export async function publish(
  root: string,
  id: string,
  revision: string,
  commit: string,
  files: readonly { path: string; digest: string }[],
): Promise<string> {
  const folder = snapshotFolder(root, id, commit);
  for (const { path, digest } of files) await link(blobFile(root, id, digest), join(folder, path));
  const reference = join(repositoryFolder(root, id), 'refs', revision);
  await mkdir(dirname(reference), { recursive: true });
  const temporary = `${reference}.${process.pid}.tmp`;
  await writeFile(temporary, commit);
  await rename(temporary, reference);
  return folder;
}

/** A relative link; where the system allows none (Windows), a copy, as huggingface_hub makes it. */
async function link(blob: string, place: string): Promise<void> {
  await mkdir(dirname(place), { recursive: true });
  const target = relative(dirname(place), blob);
  if ((await readlink(place).catch(() => undefined)) === target) return;
  const temporary = `${place}.${process.pid}.tmp`;
  await symlink(target, temporary).catch(() => copyFile(blob, temporary));
  await rename(temporary, place);
}

/** One model of the cache. */
export interface CachedModel {
  id: string;
  /** On the disk, unfinished downloads included. */
  bytes: number;
  /** Its main revision's files; undefined where that is not complete. */
  directory: string | undefined;
}

/** All models of the cache, by id. */
export async function listCached(root: string): Promise<CachedModel[]> {
  const names = await readdir(root).catch(() => []);
  const ids = names
    .filter((name) => name.startsWith('models--'))
    .map((name) => name.slice('models--'.length).replace('--', '/'))
    .filter((id) => REPOSITORY_ID.test(id))
    .sort();
  return Promise.all(
    ids.map(async (id) => ({
      id,
      bytes: await bytesIn(join(repositoryFolder(root, id), 'blobs')),
      directory: await findSnapshot(root, id),
    })),
  );
}

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  // Blocks, not sizes: a file that is being loaded has its full length from the beginning.
  const sizes = names.map((name) =>
    stat(join(folder, name)).then(
      ({ blocks }) => blocks * 512,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Deletes a model, its unfinished downloads too. False if there is none. */
export async function removeCached(root: string, id: string): Promise<boolean> {
  const folder = repositoryFolder(root, id);
  if (!REPOSITORY_ID.test(id) || (await stat(folder).catch(() => undefined)) === undefined) return false;
  // Moved aside first, so that a half-deleted model is never taken for one.
  const aside = `${folder}.${process.pid}.removed`;
  await rename(folder, aside);
  await rm(aside, { recursive: true, force: true });
  return true;
}
