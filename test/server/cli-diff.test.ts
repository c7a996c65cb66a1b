/** `verity judge --diff` on real git repositories, harmless and hostile ones. */
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LineRange, Verdict } from '../../server/protocol/judgment.ts';
import { expectOneLine, verity, verityJson } from './support/cli.ts';
import { PAIR } from './support/code.ts';
import { commitAll, folder, git, GIT_ENVIRONMENT, repository, write } from './support/files.ts';

const Hunks = z.object({
  hunks: z.array(z.object({ file: z.string(), range: LineRange, verdict: Verdict, confidence: z.number() })),
});

const env = GIT_ENVIRONMENT;
const judgeDiff = async (cwd: string, ...args: string[]) =>
  Hunks.parse(await verityJson(['judge', '--diff', ...args, '--json'], { cwd, env })).hunks;

it('judges the hunks of modified text files, whatever their names, and nothing else', async () => {
  const crlf = (text: string) => text.replaceAll('\n', '\r\n');
  const path = repository({
    'src/average.ts': PAIR.a,
    '-dash.ts': PAIR.a,
    'größe 日本 "x".ts': PAIR.a,
    'crlf.ts': crlf(PAIR.a),
    'only-line-ends.ts': PAIR.a,
    'only-mode.ts': PAIR.a,
    'deleted.ts': PAIR.a,
    'image.bin': Buffer.from([0, 1, 2, 3]),
    'huge.txt': 'a'.repeat(1_000_001),
  });
  symlinkSync('src/average.ts', join(path, 'link.ts'));
  commitAll(path);
  write(path, {
    'src/average.ts': PAIR.b,
    '-dash.ts': PAIR.b,
    'größe 日本 "x".ts': PAIR.b,
    'crlf.ts': crlf(PAIR.b),
    'only-line-ends.ts': crlf(PAIR.a),
    'image.bin': Buffer.from([0, 1, 2, 4]),
    'huge.txt': 'b'.repeat(1_000_001),
    'added.ts': PAIR.a,
    'untracked.ts': PAIR.a,
  });
  chmodSync(join(path, 'only-mode.ts'), 0o755);
  unlinkSync(join(path, 'deleted.ts'));
  unlinkSync(join(path, 'link.ts'));
  symlinkSync('/etc/hostname', join(path, 'link.ts'));
  git(path, 'add', 'added.ts');

  const hunks = await judgeDiff(path);
  expect(hunks.map(({ file }) => file).sort()).toEqual(
    ['-dash.ts', 'crlf.ts', 'größe 日本 "x".ts', 'src/average.ts'].sort(),
  );
  for (const { range } of hunks) expect(range).toEqual({ startLine: 3, endLine: 4 });
});

it('compares with any revision, from any folder of the repository', async () => {
  const path = repository({ 'src/average.ts': PAIR.a });
  git(path, 'tag', 'first');
  write(path, { 'src/average.ts': PAIR.b });
  commitAll(path);
  mkdirSync(join(path, 'other'));
  for (const revision of ['first', 'HEAD~1'])
    expect(await judgeDiff(join(path, 'other'), revision)).toMatchObject([{ file: 'src/average.ts' }]);
  expect(await judgeDiff(join(path, 'other'))).toEqual([]);
});

it('prints findings and a summary for people, and its progress on standard error', async () => {
  const path = repository({ 'average.ts': PAIR.a });
  const clean = await verity(['judge', '--diff'], { cwd: path, env });
  expect(clean).toEqual({
    code: 0,
    stdout: 'Nothing has changed that could be judged.\n',
    stderr: '0 hunks to judge\n',
  });
  write(path, { 'average.ts': PAIR.b });
  const { code, stdout, stderr } = await verity(['judge', '--diff'], { cwd: path, env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '1 hunk to judge\njudged hunk 1 of 1\n' });
  expect(stdout).toMatch(/^(average\.ts:4 {2}The change makes it worse [^]+)?1 hunk: (1|no) findings?/);
});

describe('is refused with one line', () => {
  it('outside a repository', async () => {
    const outcome = await verity(['judge', '--diff'], { cwd: folder(), env });
    expectOneLine(outcome, 2, /not a git repository/);
  });

  it('in a repository without a commit', async () => {
    const path = folder();
    git(path, 'init', '-q');
    expectOneLine(await verity(['judge', '--diff'], { cwd: path, env }), 2, /no revision "HEAD"/);
  });

  it('where there is no git', async () => {
    const outcome = await verity(['judge', '--diff'], { cwd: folder(), env: { ...env, PATH: '/nowhere' } });
    expectOneLine(outcome, 2, /needs git/);
  });

  it('for a revision that is unknown, or none at all', async () => {
    const path = repository({ 'average.ts': PAIR.a });
    write(path, { 'average.ts': PAIR.b });
    const revisions = [
      'no-such-branch',
      '--output=x',
      '-x',
      '--ext-diff',
      '--upload-pack=touch x',
      '$(touch x)',
      '`touch x`',
      'HEAD; touch x',
      'HEAD\ntouch x',
      'HEAD..HEAD',
      'HEAD:average.ts',
      '\u001b[31mHEAD',
      '',
    ];
    const outcomes = await Promise.all(
      revisions.map((revision) => verity(['judge', `--diff=${revision}`], { cwd: path, env })),
    );
    for (const outcome of outcomes) expectOneLine(outcome, 2, /git knows no revision "/);
    expect(readdirSync(path).sort()).toEqual(['.git', 'average.ts']);
  });
});

it("runs none of a repository's hooks, monitors and diff programs", async () => {
  const path = repository({ 'average.ts': PAIR.a, 'same.ts': PAIR.a, '.gitattributes': '*.ts diff=spy\n' });
  const marker = join(path, '.git', 'spied');
  const spy = join(path, '.git', 'spy.sh');
  write(path, { '.git/spy.sh': `#!/bin/sh\ntouch '${marker}'\ncat "$1" 2>/dev/null\n` });
  write(path, { '.git/hooks/post-index-change': `#!/bin/sh\ntouch '${marker}'\n` });
  for (const file of [spy, join(path, '.git/hooks/post-index-change')]) chmodSync(file, 0o755);
  for (const key of [
    'diff.external',
    'diff.spy.textconv',
    'diff.spy.command',
    'core.fsmonitor',
    'core.pager',
  ])
    git(path, 'config', key, spy);

  appendFileSync(join(path, 'average.ts'), '\n');
  git(path, 'diff');
  expect(existsSync(marker)).toBe(true);
  rmSync(marker);

  write(path, { 'average.ts': PAIR.b });
  // A new time on the same content: git would note that in its index, and the index has a hook.
  utimesSync(join(path, 'same.ts'), 0, 0);
  expect(await judgeDiff(path)).toHaveLength(1);
  expect(existsSync(marker)).toBe(false);
});
