/** Changed text files in both versions, as git tells: the working tree or the index against a revision. */
import { execFile } from 'node:child_process';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { VerityError } from '../runtime/errors.ts';

const run = promisify(execFile);
const MAX_FILE_BYTES = 1_000_000;

/**
 * No question to a user, no fetch of what a partial clone lacks, and on Windows no git.exe that lies in the current
 * folder, which a repository might bring.
 */
const ENVIRONMENT = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_NO_LAZY_FETCH: '1',
  NoDefaultCurrentDirectoryInExePath: '1',
};

/** A repository's monitor and hooks are not run. Its content filters are: without them git can't tell what changed. */
const SETTINGS = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null'];

/** Arguments go to git as they are, never through a shell. @throws VerityError with git's own first line. */
async function git(directory: string, command: string, ...args: string[]): Promise<string> {
  try {
    const options = { maxBuffer: 64 * 1024 * 1024, env: { ...process.env, ...ENVIRONMENT } };
    return (await run('git', ['-C', directory, ...SETTINGS, command, ...args], options)).stdout;
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT')
      throw new VerityError('badInput', 'This needs git, and there is none on the PATH.');
    throw new VerityError(
      'badInput',
      `git ${command} failed: ${stderr?.trim().split('\n')[0] ?? String(code)}`,
    );
  }
}

export interface ChangedFile {
  /** Relative to the repository's root. */
  file: string;
  before: string;
  after: string;
}

export interface Comparison {
  /** Compared with; HEAD by default. */
  revision: string;
  /** Take the index for the version after, not the working tree. */
  staged?: boolean | undefined;
  /** Compare with the commit where the branch left the revision, not with the revision itself. */
  mergeBase?: boolean | undefined;
}

/** Modified text files with both versions; added and deleted ones have nothing to be judged against and are left out. */
export async function changedFiles({ revision, staged, mergeBase }: Comparison): Promise<ChangedFile[]> {
  const root = await repositoryRoot();
  const commit = await commitOf(root, revision);
  const base = mergeBase === true ? await mergeBaseOf(root, commit, revision) : commit;
  const changed: ChangedFile[] = [];
  for (const { file, before: old, after: current } of await modifiedFiles(root, base, staged === true)) {
    const after = staged === true ? await readBlob(root, current) : await readText(join(root, file));
    const before = after === undefined ? undefined : await readBlob(root, old);
    if (before !== undefined && after !== undefined) changed.push({ file, before, after });
  }
  return changed;
}

/** @throws VerityError outside a repository. */
export async function repositoryRoot(): Promise<string> {
  return (await git('.', 'rev-parse', '--show-toplevel')).replace(/\n$/, '');
}

async function mergeBaseOf(root: string, commit: string, revision: string): Promise<string> {
  const base = await git(root, 'merge-base', commit, 'HEAD').catch(() => '');
  if (base === '')
    throw new VerityError(
      'badInput',
      `HEAD and ${JSON.stringify(revision)} have no common commit here; in a shallow clone fetch more history.`,
    );
  return base.trim();
}

async function commitOf(root: string, revision: string): Promise<string> {
  const args = ['--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
  const commit = await git(root, 'rev-parse', ...args).catch(() => '');
  if (commit === '') throw new VerityError('badInput', `git knows no revision ${JSON.stringify(revision)}.`);
  return commit.trim();
}

/** `:100644 100755 OLD NEW M`: regular files on both sides, so neither links nor submodules. */
const MODIFIED = /^:100\d{3} 100\d{3} (\w+) (\w+) M$/;

/** Modified files with the ids of their blobs; the working tree's are zeros where git has not hashed them. */
async function modifiedFiles(
  root: string,
  commit: string,
  staged: boolean,
): Promise<{ file: string; before: string; after: string }[]> {
  const flags = ['--raw', '--no-abbrev', '--no-renames', '--no-ext-diff', '--ignore-submodules', '-z'];
  const index = staged ? ['--cached'] : [];
  const fields = (await git(root, 'diff', ...flags, ...index, commit, '--')).split('\0');
  const found: { file: string; before: string; after: string }[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [, before, after] = MODIFIED.exec(fields[i]!) ?? [];
    if (before !== undefined && after !== undefined) found.push({ file: fields[i + 1]!, before, after });
  }
  return found;
}

/** undefined for what is binary, too large, or gone by now. */
export async function readText(file: string): Promise<string | undefined> {
  const info = await lstat(file).catch(() => undefined);
  if (!info?.isFile() || info.size > MAX_FILE_BYTES) return undefined;
  return textOrNothing(await readFile(file, 'utf8'));
}

async function readBlob(root: string, blob: string): Promise<string | undefined> {
  if (Number(await git(root, 'cat-file', '-s', blob)) > MAX_FILE_BYTES) return undefined;
  return textOrNothing(await git(root, 'cat-file', 'blob', blob));
}

const textOrNothing = (text: string): string | undefined => (text.includes('\0') ? undefined : text);
