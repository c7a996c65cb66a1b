/** `verity judge` as a reviewer in CI: what it compares, in which form it reports, with which exit code it ends. */
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sarifErrors } from '../sarif.ts';
import { expectOneLine, verity } from './support/cli.ts';
import { commitAll, folder, git, GIT_ENVIRONMENT, repository, write } from './support/files.ts';

const env = GIT_ENVIRONMENT;

/** Dropping the guard is a bug that the embedded judge sees in both orders; to bring it back is none. */
const GUARDED = `export async function load(id: string) {
  const row = await db.get(id);
  if (!row) {
    return null;
  }
  return row.value;
}
`;
const UNGUARDED = GUARDED.replace('  if (!row) {\n    return null;\n  }\n', '');

const SUMMED = `export function total(items: Item[]): number {
  let sum = 0;
  for (const item of items) {
    sum += item.price * item.count;
  }
  return sum;
}
`;

const Confidences = z.object({ hunks: z.array(z.object({ confidence: z.number() })) });

const broken = () => {
  const path = repository({ 'src/load.ts': GUARDED });
  write(path, { 'src/load.ts': UNGUARDED });
  return path;
};
const run = (cwd: string, ...args: string[]) => verity(['judge', ...args], { cwd, env });
const summary = ({ stdout }: { stdout: string }) => stdout.trimEnd().split('\n').at(-1);

describe('a report', () => {
  it('as text lists findings and counts the rest', async () => {
    const { code, stdout } = await run(broken(), '--diff');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^src\/load\.ts:3 {2}The change makes it worse \(\d+ %, both orders agree\)\n/);
    expect(summary({ stdout })).toBe('1 hunk: 1 finding');
  });

  it('says nothing of a change that is no worse', async () => {
    const path = repository({ 'load.ts': UNGUARDED });
    write(path, { 'load.ts': GUARDED });
    expect((await run(path, '--diff')).stdout).toBe('1 hunk: no findings, 1 fine\n');
  });

  it('as SARIF is valid and names file, line and content', async () => {
    const { code, stdout } = await run(broken(), '--diff', '--format', 'sarif');
    expect(code).toBe(0);
    const log = JSON.parse(stdout) as unknown;
    expect(sarifErrors(log)).toEqual([]);
    expect(log).toMatchObject({
      runs: [
        {
          results: [
            {
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: 'src/load.ts' },
                    region: { startLine: 3, endLine: 3 },
                  },
                },
              ],
            },
          ],
        },
      ],
    });
  });

  it('as Markdown begins with the summary', async () => {
    const { stdout } = await run(broken(), '--diff', '--format', 'markdown');
    expect(stdout).toMatch(/^# Review\n\n1 hunk: 1 finding\n\n## src\/load\\\.ts:3\n/);
  });

  it('as JSON has every hunk with its fingerprint', async () => {
    const { stdout } = await run(broken(), '--diff', '--format', 'json');
    const schema = z.object({ hunks: z.tuple([z.object({ fingerprint: z.string().length(32) })]) });
    expect(schema.safeParse(JSON.parse(stdout)).success).toBe(true);
  });
});

describe('the exit code', () => {
  it('is 3 with findings where that is asked for, 0 without', async () => {
    const path = broken();
    expect((await run(path, '--diff', '--fail-on', 'finding')).code).toBe(3);
    expect((await run(path, '--diff', '--fail-on', 'never')).code).toBe(0);
    git(path, 'checkout', '-q', '.');
    expect((await run(path, '--diff', '--fail-on', 'finding')).code).toBe(0);
  });

  it('counts only findings that are sure enough', async () => {
    const path = repository({ 'a.ts': GUARDED, 'b.ts': SUMMED });
    write(path, { 'a.ts': UNGUARDED, 'b.ts': SUMMED.replace('  return sum;\n', '') });
    const { hunks } = Confidences.parse(JSON.parse((await run(path, '--diff', '--json')).stdout));
    const [low, high] = hunks.map(({ confidence }) => confidence).toSorted((a, b) => a - b);
    expect(low).toBeLessThan(high!);
    // Rounding differs a little with what else the model has in its cache, so the bounds lie well between.
    const [below, between] = [low! - 0.001, (low! + high!) / 2];
    const failing = ['--diff', '--fail-on', 'finding', '--min-confidence'];
    const all = await run(path, ...failing, `${below}`);
    expect([all.code, summary(all)]).toEqual([3, '2 hunks: 2 findings']);
    const one = await run(path, ...failing, `${between}`);
    expect([one.code, summary(one)]).toEqual([3, '2 hunks: 1 finding, 1 undecided']);
    git(path, 'checkout', '-q', hunks[0]!.confidence === high ? 'a.ts' : 'b.ts');
    const none = await run(path, ...failing, `${between}`);
    expect([none.code, summary(none)]).toEqual([0, '1 hunk: no findings, 1 undecided']);
  });
});

describe('what is compared', () => {
  it('with --staged is the index, whatever the working tree has', async () => {
    const path = broken();
    expect(summary(await run(path, '--staged'))).toMatch(/^Nothing/);
    git(path, 'add', '.');
    write(path, { 'src/load.ts': GUARDED });
    expect(summary(await run(path, '--staged'))).toBe('1 hunk: 1 finding');
    expect(summary(await run(path, '--diff'))).toMatch(/^Nothing/);
  });

  it('with --merge-base is the branch alone, not what the base did since', async () => {
    const path = repository({ 'load.ts': GUARDED, 'other.ts': UNGUARDED });
    git(path, 'checkout', '-q', '-b', 'topic');
    write(path, { 'load.ts': UNGUARDED });
    commitAll(path);
    git(path, 'checkout', '-q', 'main');
    write(path, { 'other.ts': GUARDED });
    commitAll(path);
    git(path, 'checkout', '-q', 'topic');
    expect(summary(await run(path, '--diff', 'main'))).toMatch(/^2 hunks/);
    expect(summary(await run(path, '--diff', 'main', '--merge-base'))).toBe('1 hunk: 1 finding');
  });

  it('with --patch is the patch: before it is applied, after it, and without its files', async () => {
    const path = broken();
    write(path, { 'pull.diff': git(path, 'diff') });
    expect(await run(path, '--patch', 'pull.diff')).toMatchObject({ code: 0 });
    git(path, 'checkout', '-q', '.');
    const unapplied = await run(path, '--patch', 'pull.diff');
    expect(summary(unapplied)).toBe('1 hunk: 1 finding');
    rmSync(join(path, 'src'), { recursive: true });
    const alone = await run(path, '--patch', 'pull.diff');
    expect(alone.stdout.split('\n')[0]).toMatch(/^src\/load\.ts:3 /);
  });

  it('with --patch outside a repository counts from the current folder', async () => {
    const path = broken();
    const elsewhere = folder({ 'pull.diff': git(path, 'diff'), 'src/load.ts': GUARDED });
    expect(summary(await run(elsewhere, '--patch', 'pull.diff'))).toBe('1 hunk: 1 finding');
  });
});

describe('is refused with one line', () => {
  it.each<[string[], RegExp]>([
    [['--patch', 'no.diff'], /Cannot read no\.diff: ENOENT/],
    [['--patch', 'src/load.ts', '--staged'], /--patch alone/],
    [['--patch', 'bad.diff'], /bad\.diff is no unified diff/],
    [['src/load.ts', '--staged'], /two files/],
    [['--diff', 'orphan', '--merge-base'], /no common commit/],
  ])('%j', async (args, line) => {
    const path = broken();
    git(path, 'stash', '-q');
    git(path, 'checkout', '-q', '--orphan', 'orphan');
    git(path, 'commit', '-qm', 'Alone');
    git(path, 'checkout', '-q', 'main');
    write(path, { 'bad.diff': '--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-a\n' });
    expectOneLine(await run(path, ...args), 2, line);
  });

  it.each([
    ['--format', 'xml'],
    ['--fail-on', 'warning'],
    ['--min-confidence', '2'],
    ['--min-confidence', ''],
  ])('%s %j', async (option, value) => {
    expectOneLine(await run(folder(), '--diff', option, value), 2, /is invalid/);
  });
});

it('keeps git from asking, fetching and, on Windows, from being looked up in the current folder', async () => {
  const path = broken();
  const real = execFileSync('which', ['git'], { encoding: 'utf8' }).trim();
  const names = ['GIT_TERMINAL_PROMPT', 'GIT_NO_LAZY_FETCH', 'NoDefaultCurrentDirectoryInExePath'];
  const script = `#!/bin/sh\nprintenv ${names.join(' ')} > '${path}/.git/seen'\nexec '${real}' "$@"\n`;
  const bin = folder({ git: script });
  chmodSync(join(bin, 'git'), 0o755);
  await verity(['judge', '--staged'], { cwd: path, env: { ...env, PATH: `${bin}:${process.env['PATH']}` } });
  expect(readFileSync(join(path, '.git', 'seen'), 'utf8')).toBe('0\n1\n1\n');
});
