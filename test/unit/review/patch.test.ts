/** Patches: applied where the files match, in either direction, else read from their own lines; never out of the folder. */
import { createTwoFilesPatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hunksOf } from '../../../server/judge/hunks.ts';
import { patchedFiles, patchedTexts } from '../../../server/review/patch.ts';
import { joinLines } from '../../../server/judge/line-diff.ts';
import { edited } from '../judge/lines.ts';

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);
const BEFORE = joinLines(numbered(1, 30));
const AFTER = BEFORE.replace('line 5\n', 'five\n').replace('line 20\n', '');

const git = (file: string, before: string, after: string) =>
  `diff --git a/${file} b/${file}\nindex 1..2 100644\n${createTwoFilesPatch(
    `a/${file}`,
    `b/${file}`,
    before,
    after,
  )
    .split('\n')
    .slice(1)
    .join('\n')}`;
const [patched] = patchedFiles(git('src/a.ts', BEFORE, AFTER));

describe('a file at hand', () => {
  const whole = { file: 'src/a.ts', firstLine: { before: 0, after: 0 } };

  it('that the patch fits is the version before', () => {
    expect(patchedTexts(patched!, BEFORE)).toEqual([
      { ...whole, before: BEFORE, after: AFTER, atHand: 'before' },
    ]);
  });

  it('that has the patch already is the version after', () => {
    expect(patchedTexts(patched!, AFTER)).toEqual([
      { ...whole, before: BEFORE, after: AFTER, atHand: 'after' },
    ]);
  });

  it('may have moved on elsewhere', () => {
    const [text] = patchedTexts(patched!, `new\n${BEFORE}`);
    expect(text).toMatchObject({ atHand: 'before', after: `new\n${AFTER}` });
  });

  it('with other line ends fits too', () => {
    const crlf = (text: string) => text.replaceAll('\n', '\r\n');
    expect(patchedTexts(patched!, crlf(BEFORE))).toMatchObject([{ atHand: 'before', after: crlf(AFTER) }]);
  });

  it('always gives the versions that the patch was made of (property)', () => {
    fc.assert(
      fc.property(edited, ([a, b]) => {
        const [before, after] = [joinLines(a), joinLines(b)];
        const [file] = patchedFiles(createTwoFilesPatch('a/f', 'b/f', before, after));
        if (file === undefined) expect(before).toBe(after);
        else expect(patchedTexts(file, before)).toMatchObject([{ before, after }]);
      }),
    );
  });
});

it.each([
  ['no file', undefined],
  ['another file', 'nothing of it\n'],
])('with %s at hand each hunk is read from the patch, at its own lines', (_, atHand) => {
  const texts = patchedTexts(patched!, atHand);
  expect(texts).toHaveLength(2);
  expect(texts[0]).toMatchObject({
    atHand: 'neither',
    before: joinLines(numbered(1, 9)),
    after: joinLines(numbered(1, 9)).replace('line 5', 'five'),
    firstLine: { before: 0, after: 0 },
  });
  const hunks = texts.flatMap(({ file, before, after, firstLine }) =>
    hunksOf(file, before, after, { firstLine }).map(({ hunk }) => [hunk.before, hunk.after]),
  );
  const whole = hunksOf('src/a.ts', BEFORE, AFTER).map(({ hunk }) => [hunk.before, hunk.after]);
  expect(hunks).toEqual(whole);
});

describe('files of a patch', () => {
  it('are those it modifies, without marks, with what renames them', () => {
    const text = [
      git('src/größe 1.ts', 'a\n', 'b\n'),
      'diff --git a/new.ts b/new.ts\nnew file mode 100644\n--- /dev/null\n+++ b/new.ts\n@@ -0,0 +1 @@\n+a\n',
      'diff --git a/old.ts b/old.ts\ndeleted file mode 100644\n--- a/old.ts\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n',
      'diff --git a/x.png b/x.png\nindex 1..2 100644\nBinary files a/x.png and b/x.png differ\n',
      'diff --git a/was.ts b/is.ts\nsimilarity index 50%\nrename from was.ts\nrename to is.ts\n--- a/was.ts\n+++ b/is.ts\n@@ -1 +1 @@\n-a\n+b\n',
    ].join('');
    expect(patchedFiles(text).map(({ file }) => file)).toEqual(['src/größe 1.ts', 'is.ts']);
  });

  it('keep a folder called b where the patch has no marks', () => {
    expect(patchedFiles(createTwoFilesPatch('b/f.ts', 'b/f.ts', 'a\n', 'b\n'))[0]!.file).toBe('b/f.ts');
  });

  it.each(['../secret', '/etc/passwd', 'a/../../b', 'C:\\x', '..\\x', '\\x'])(
    '%s is judged from the patch alone',
    (name) => {
      const [file] = patchedFiles(`--- ${name}\n+++ ${name}\n@@ -1 +1 @@\n-a\n+b\n`);
      expect(file!.path).toBeNull();
    },
  );

  it('are none where the text is no patch', () => {
    expect(patchedFiles('hello\nworld\n')).toEqual([]);
  });
});
