/**
 * A patch file (a pull request's diff) as the versions before and after of its files. It is applied in memory to the
 * files at hand; where they do not match, each hunk is judged from the lines that the patch itself holds.
 */
import { applyPatch, parsePatch, reversePatch, type StructuredPatch, type StructuredPatchHunk } from 'diff';

/** A file that a patch changes. `path` is null where it leads out of the folder: then nothing may be read there. */
export interface PatchedFile {
  file: string;
  path: string | null;
  patch: StructuredPatch;
}

/** Both versions of a file or of a part of it. */
export interface PatchedText {
  file: string;
  before: string;
  after: string;
  /** Zero-based numbers of the texts' first lines in the file. */
  firstLine: { before: number; after: number };
  /** Which version the file at hand has; `neither`: the texts are the patch's own lines. */
  atHand: 'before' | 'after' | 'neither';
  /** The patch's lines of this text, where it comes from the patch alone. */
  lines?: string[];
}

/**
 * The modified text files of a patch; created, deleted and binary ones have nothing to be judged against.
 * @throws Error if the text is no unified diff.
 */
export function patchedFiles(text: string): PatchedFile[] {
  return parsePatch(text)
    .filter(
      ({ hunks, isCreate, isDelete, oldFileName, newFileName }) =>
        hunks.length > 0 &&
        isCreate !== true &&
        isDelete !== true &&
        oldFileName !== '/dev/null' &&
        newFileName !== '/dev/null',
    )
    .map((patch) => {
      const file = fileName(patch);
      return { file, path: isInside(file) ? file : null, patch };
    });
}

/** The versions before and after; `atHand` is the file's text, if there is such a file. */
export function patchedTexts({ file, patch }: PatchedFile, atHand: string | undefined): PatchedText[] {
  const whole = { file, firstLine: { before: 0, after: 0 } };
  if (atHand !== undefined) {
    const after = applyPatch(atHand, patch);
    if (after !== false) return [{ ...whole, before: atHand, after, atHand: 'before' }];
    const before = applyPatch(atHand, reversePatch(patch));
    if (before !== false) return [{ ...whole, before, after: atHand, atHand: 'after' }];
  }
  return patch.hunks.map((hunk) => excerpt(file, hunk));
}

function excerpt(file: string, { lines, oldStart, newStart }: StructuredPatchHunk): PatchedText {
  const version = (mark: '-' | '+') =>
    lines
      .filter((line) => line.startsWith(' ') || line.startsWith(mark) || line === '')
      .map((line) => `${line.slice(1)}\n`)
      .join('');
  return {
    file,
    before: version('-'),
    after: version('+'),
    firstLine: { before: Math.max(0, oldStart - 1), after: Math.max(0, newStart - 1) },
    atHand: 'neither',
    lines,
  };
}

/** git marks the two versions by `a/` and `b/`. */
function fileName({ isGit, oldFileName, newFileName }: StructuredPatch): string {
  const name = newFileName ?? oldFileName ?? '';
  const isMarked = isGit === true || (oldFileName?.startsWith('a/') === true && name.startsWith('b/'));
  return isMarked ? name.replace(/^[ab]\//, '') : name;
}

/** Relative, and never up: a patch comes from elsewhere and must not choose what is read. */
const isInside = (file: string): boolean =>
  file !== '' && !/^(?:[\\/]|[A-Za-z]:)/.test(file) && !file.split(/[\\/]/).includes('..');
