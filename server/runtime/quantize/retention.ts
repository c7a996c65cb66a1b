/**
 * How long entries of a cache (quantized or merged checkpoints) are kept: while they are in use, and beyond that as long as all together stay below a
 * limit, the least recently used going first.
 *
 *   <entry>/users/<host>-<pid>  a process that reads the entry; it counts as long as the process lives
 *
 * An entry's last use is the time of its manifest. Processes evict and open at the same time: a user signs in before
 * it reads anything, and who evicts moves the entry aside and looks for users once more before anything is removed.
 */
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostTag, isRunning, makeTemporary } from './directory.ts';
import { MANIFEST_FILE } from './entry.ts';

/** Some four models of seven billion weights in 4 bits. */
export const CACHE_LIMIT_BYTES = 20e9;

/** Of a process on another machine nobody here can say whether it lives; after this it is taken for dead. */
const FOREIGN_USER_MS = 30 * 24 * 60 * 60_000;

/** What dead processes left stays at least so long. */
const FORGET_MS = 60 * 60_000;

const USERS = 'users';
const ENTRY_NAME = /^[0-9a-f]{40}$/;

interface Entry {
  directory: string;
  bytes: number;
  lastUse: number;
}

/** Says that this process uses an entry from now on, as long as it lives. False if there is no such entry. */
export async function signIn(entry: string): Promise<boolean> {
  const users = join(entry, USERS);
  const now = new Date();
  try {
    // Not recursive: that would make an entry which was just moved aside anew, empty.
    await mkdir(users).catch(() => undefined);
    await writeFile(join(users, `${hostTag}-${process.pid}`), '');
    await utimes(join(entry, MANIFEST_FILE), now, now);
  } catch {
    return false;
  }
  await forgetDeadUsers(users);
  return true;
}

/** Not the latest ones: their process's number may just be in use again. */
async function forgetDeadUsers(users: string): Promise<void> {
  for (const user of await readdir(users).catch(() => [])) {
    const file = join(users, user);
    const signedIn = await stat(file).then(({ mtimeMs }) => mtimeMs, Date.now);
    if (Date.now() - signedIn > FORGET_MS && !(await lives(file, user))) await rm(file, { force: true });
  }
}

/** Removes least recently used entries that nobody uses until all together and `bytes` more fit the limit. */
export async function evict(root: string, bytes: number, limit: number): Promise<void> {
  const entries = (await entriesOf(root)).sort((a, b) => a.lastUse - b.lastUse);
  let held = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  for (const entry of entries) {
    if (held + bytes <= limit) return;
    if (await removeUnused(root, entry.directory)) held -= entry.bytes;
  }
}

async function entriesOf(root: string): Promise<Entry[]> {
  const names = await readdir(root).catch(() => []);
  return Promise.all(
    names
      .filter((name) => ENTRY_NAME.test(name))
      .map(async (name) => {
        const directory = join(root, name);
        const manifest = await stat(join(directory, MANIFEST_FILE)).catch(() => undefined);
        return { directory, bytes: await weightBytes(directory), lastUse: manifest?.mtimeMs ?? 0 };
      }),
  );
}

/** What else an entry holds is small. */
async function weightBytes(directory: string): Promise<number> {
  const names = await readdir(directory).catch(() => []);
  const weights = names.filter((name) => /\.(bin|safetensors)$/.test(name));
  const sizes = await Promise.all(
    weights.map((name) =>
      stat(join(directory, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** False where somebody uses the entry, or the system refuses (Windows does, while a file of it is open). */
async function removeUnused(root: string, directory: string): Promise<boolean> {
  if (await isInUse(directory)) return false;
  const temporary = await makeTemporary(root);
  const aside = join(temporary, 'evicted');
  try {
    await rename(directory, aside);
    if (!(await isInUse(aside))) return true;
    // Somebody signed in meanwhile. If they have already made the entry anew, this one is superfluous.
    return await rename(aside, directory).then(
      () => false,
      () => true,
    );
  } catch {
    return false;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function isInUse(entry: string): Promise<boolean> {
  const users = await readdir(join(entry, USERS)).catch(() => []);
  const living = await Promise.all(users.map((user) => lives(join(entry, USERS, user), user)));
  return living.includes(true);
}

async function lives(file: string, user: string): Promise<boolean> {
  const [host, pid] = user.split('-');
  if (host === hostTag) return isRunning(Number(pid));
  return stat(file).then(
    ({ mtimeMs }) => Date.now() - mtimeMs < FOREIGN_USER_MS,
    () => false,
  );
}
