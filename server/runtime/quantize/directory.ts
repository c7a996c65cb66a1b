/** The cache's folder: where it is, whether it has room, and what interrupted processes left in it. */
import { mkdir, mkdtemp, open, readdir, rm, stat, statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { VerityError } from '../errors.ts';
import { sha256 } from './identity.ts';

/** Temporary directories say whose they are. */
const TEMPORARY = 'tmp-';
export const hostTag = sha256(hostname()).slice(0, 8);

export const makeTemporary = (root: string): Promise<string> =>
  mkdtemp(join(root, `${TEMPORARY}${hostTag}-${process.pid}-`));

/** A directory of another machine, or of a process whose number is in use again, is taken for dead after this. */
const ABANDONED_MS = 24 * 60 * 60_000;

/** Removes what killed processes left behind. */
export async function removeAbandoned(root: string): Promise<void> {
  const names = await readdir(root).catch(() => []);
  for (const name of names.filter((entry) => entry.startsWith(TEMPORARY))) {
    const directory = join(root, name);
    const [, host, pid] = name.split('-');
    const isDead = host === hostTag && !isRunning(Number(pid));
    const modified = await stat(directory).then(({ mtimeMs }) => mtimeMs, Date.now);
    if (isDead || Date.now() - modified > ABANDONED_MS)
      await rm(directory, { recursive: true, force: true }).catch(() => undefined);
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** What a user may still write to a folder's disk. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Makes the folder. @throws VerityError badModel if the disk has no room for `bytes` more. */
export async function prepare(root: string, bytes: number): Promise<void> {
  await mkdir(join(root, 'sources'), { recursive: true });
  const free = await freeBytes(root);
  if (free < bytes)
    throw new VerityError(
      'badModel',
      `The quantized model needs ${Math.ceil(bytes / 1e6)} MB in ${root}, where only ` +
        `${Math.floor(free / 1e6)} MB are free. ` +
        `Free some or ${ALTERNATIVES}.`,
    );
}

const ALTERNATIVES = 'choose the dtype fp32, which writes nothing';

/** What a failed write means to the user. */
const WRITE_FAILURES: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'your disk quota is used up',
  EFBIG: 'the file would be larger than this system allows',
  EACCES: 'the folder is not writable',
  EPERM: 'the folder is not writable',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'a part of the path is a file',
};

/** Turns a failure to write below `root` into an error a user can act on; others stay what they are. */
export function explainWriteFailure(error: unknown, root: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = WRITE_FAILURES[code];
  if (reason === undefined) return error;
  const message = `The quantized model cannot be written to ${root}: ${reason} (${code}). Make room or ${ALTERNATIVES}.`;
  return new VerityError('badModel', message, { cause: error });
}

/** Flushes a directory's list of names to the disk, where the system knows such a thing (not Windows). */
export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
