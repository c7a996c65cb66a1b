/** The working tree's changed text files against a revision, as git tells. */
import { execFile } from 'node:child_process';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { VerityError } from '../runtime/errors.ts';

const run = promisify(execFile);
const MAX_FILE_BYTES = 1_000_000;

/** No question to a user, and no fetch of what a partial clone lacks. */
const ENVIRONMENT = { GIT_TERMINAL_PROMPT: '0', GIT_NO_LAZY_FETCH: '1' };

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
      throw new VerityError('badInput', '--diff needs git, and there is none on the PATH.');
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

/** Modified text files with both versions; added and deleted ones have nothing to be judged against and are left out. */
export async function changedFiles(revision: string): Promise<ChangedFile[]> {
  const root = (await git('.', 'rev-parse', '--show-toplevel')).replace(/\n$/, '');
  const commit = await commitOf(root, revision);
  const changed: ChangedFile[] = [];
  for (const { file, blob } of await modifiedFiles(root, commit)) {
    const after = await readText(join(root, file));
    const before = after === undefined ? undefined : await readBlob(root, blob);
    if (before !== undefined && after !== undefined) changed.push({ file, before, after });
  }
  return changed;
}

async function commitOf(root: string, revision: string): Promise<string> {
  const args = ['--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
  const commit = await git(root, 'rev-parse', ...args).catch(() => '');
  if (commit === '') throw new VerityError('badInput', `git knows no revision ${JSON.stringify(revision)}.`);
  return commit.trim();
}

/** `:100644 100755 BLOB NEW M`: regular files on both sides, so neither links nor submodules. */
const MODIFIED = /^:100\d{3} 100\d{3} (\w+) \w+ M$/;

async function modifiedFiles(root: string, commit: string): Promise<{ file: string; blob: string }[]> {
  const flags = ['--raw', '--no-abbrev', '--no-renames', '--no-ext-diff', '--ignore-submodules', '-z'];
  const fields = (await git(root, 'diff', ...flags, commit, '--')).split('\0');
  const found: { file: string; blob: string }[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const blob = MODIFIED.exec(fields[i]!)?.[1];
    if (blob !== undefined) found.push({ file: fields[i + 1]!, blob });
  }
  return found;
}

/** undefined for what is binary, too large, or gone by now. */
async function readText(file: string): Promise<string | undefined> {
  const info = await lstat(file).catch(() => undefined);
  if (!info?.isFile() || info.size > MAX_FILE_BYTES) return undefined;
  return textOrNothing(await readFile(file, 'utf8'));
}

async function readBlob(root: string, blob: string): Promise<string | undefined> {
  if (Number(await git(root, 'cat-file', '-s', blob)) > MAX_FILE_BYTES) return undefined;
  return textOrNothing(await git(root, 'cat-file', 'blob', blob));
}

const textOrNothing = (text: string): string | undefined => (text.includes('\0') ? undefined : text);
