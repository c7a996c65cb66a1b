/** The working tree's changed text files against a revision, as git tells. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { VerityError } from '../runtime/errors.ts';

const run = promisify(execFile);
const MAX_FILE_BYTES = 1_000_000;

/** Arguments go to git as they are, never through a shell; hooks and external diff tools stay out of it. */
async function git(args: string[]): Promise<string> {
  try {
    const options = { maxBuffer: 64 * 1024 * 1024 };
    return (await run('git', ['-c', 'core.quotepath=off', '-c', 'core.fsmonitor=false', ...args], options))
      .stdout;
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new VerityError('badInput', `git ${args[0]} failed: ${stderr.split('\n')[0] ?? ''}`);
  }
}

export interface ChangedFile {
  /** Relative to the repository's root. */
  file: string;
  before: string;
  after: string;
}

/** Modified files with both versions; added and deleted ones have nothing to be judged against and are left out. */
export async function changedFiles(revision: string): Promise<ChangedFile[]> {
  const root = (await git(['rev-parse', '--show-toplevel'])).trim();
  const commit = (
    await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`]).catch(
      () => '',
    )
  ).trim();
  if (commit === '') throw new VerityError('badInput', `git knows no revision ${revision}.`);
  const names = await git([
    '-C',
    root,
    'diff',
    '--no-ext-diff',
    '--name-only',
    '--diff-filter=M',
    '-z',
    commit,
    '--',
  ]);
  const changed: ChangedFile[] = [];
  for (const file of names.split('\0').filter((name) => name !== '')) {
    const before = await git(['-C', root, 'show', '--no-textconv', `${commit}:${file}`]);
    const after = await readFile(join(root, file), 'utf8');
    const isText = !before.includes('\0') && !after.includes('\0') && after.length < MAX_FILE_BYTES;
    if (isText) changed.push({ file, before, after });
  }
  return changed;
}
