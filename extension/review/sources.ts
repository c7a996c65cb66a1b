/** The two versions of everything that a review compares. */
import { type Uri, Uri as UriClass, window, workspace } from 'vscode';
import { plural } from '../../server/review/findings.ts';
import { patchedFiles, type PatchedFile, type PatchedText, patchedTexts } from '../../server/review/patch.ts';
import {
  baseBranch,
  type Change,
  modifiedFiles,
  type Repository,
  repositoryOf,
  workingTreeChanges,
} from '../git.ts';
import type { Source } from './finding.ts';

const MAX_CHARACTERS = 1_000_000;

/** Both versions of one file, and the document in which findings are shown. */
export interface ComparedText {
  uri: Uri;
  file: string;
  language: string;
  before: string;
  after: string;
  firstLine?: { before: number; after: number };
  /** Which version the document has, or the lines it has of a patch. */
  shown: 'before' | 'after' | { lines: string[] };
}

export interface Comparison {
  source: Source;
  names: { A: string; B: string };
  texts: ComparedText[];
  /** New, deleted, binary or too large: nothing to compare. */
  leftOut: number;
}

/** @throws Error that tells why there is nothing to compare. */
export async function compare(source: Source, uri?: Uri): Promise<Comparison> {
  if (source.kind === 'patch') return comparePatch(UriClass.parse(source.uri));
  const repository = await repositoryOf(uri ?? window.activeTextEditor?.document.uri);
  const { from, to, changes, names } = await versions(repository, source);
  const { files, others } = modifiedFiles(changes);
  const texts: ComparedText[] = [];
  for (const file of uri === undefined ? files : files.filter((other) => sameUri(other, uri))) {
    const text = await readVersions(repository, file, from, to);
    if (text !== undefined) texts.push(text);
  }
  return { source, names, texts, leftOut: uri === undefined ? others + files.length - texts.length : 0 };
}

interface Versions {
  from: string;
  /** undefined: the working tree, as the editor has it. */
  to: string | undefined;
  changes: Change[];
  names: { A: string; B: string };
}

const INDEX = '';

async function versions(
  repository: Repository,
  source: Exclude<Source, { kind: 'patch' }>,
): Promise<Versions> {
  switch (source.kind) {
    case 'workingTree':
      return {
        from: 'HEAD',
        to: undefined,
        changes: await workingTreeChanges(repository),
        names: { A: 'HEAD', B: 'working tree' },
      };
    case 'staged':
      return {
        from: 'HEAD',
        to: INDEX,
        changes: await repository.diffIndexWithHEAD(),
        names: { A: 'HEAD', B: 'staged' },
      };
    case 'lastCommit': {
      const [parent] = (await repository.getCommit('HEAD')).parents;
      if (parent === undefined)
        throw new Error('the last commit is the first one, so there is nothing before it.');
      return {
        from: parent,
        to: 'HEAD',
        changes: await repository.diffBetween(parent, 'HEAD'),
        names: { A: 'before the commit', B: 'last commit' },
      };
    }
    case 'branch': {
      const from = await repository.getMergeBase(source.base, 'HEAD');
      if (from === undefined) throw new Error(`this branch and ${source.base} have no common commit.`);
      return {
        from,
        to: 'HEAD',
        changes: await repository.diffBetween(from, 'HEAD'),
        names: { A: source.base, B: repository.state.HEAD?.name ?? 'HEAD' },
      };
    }
  }
}

/** The branch to review against: the one this branch left, or what the user names. */
export async function branchSource(): Promise<Source | undefined> {
  const repository = await repositoryOf(window.activeTextEditor?.document.uri);
  const known = await baseBranch(repository);
  const base =
    known ??
    (await window.showInputBox({
      title: 'Review Branch Against Its Base',
      prompt: 'The branch that this one started from',
      placeHolder: 'origin/main',
    }));
  return base === undefined || base.trim() === '' ? undefined : { kind: 'branch', base: base.trim() };
}

async function readVersions(
  repository: Repository,
  uri: Uri,
  from: string,
  to: string | undefined,
): Promise<ComparedText | undefined> {
  const document = await openText(uri);
  if (document === undefined) return undefined;
  const before = await repository.show(from, uri.fsPath);
  const after = to === undefined ? document.text : await repository.show(to, uri.fsPath);
  const file = workspace.asRelativePath(uri, false);
  return isJudged(before) && isJudged(after)
    ? { uri, file, language: document.language, before, after, shown: 'after' }
    : undefined;
}

async function comparePatch(patch: Uri): Promise<Comparison> {
  const document = await openText(patch);
  if (document === undefined)
    throw new Error('the patch cannot be read: it is missing, binary or too large.');
  const texts: ComparedText[] = [];
  for (const file of patchedFiles(document.text)) texts.push(...(await patchVersions(file, patch)));
  const source: Source = { kind: 'patch', uri: patch.toString() };
  return { source, names: { A: 'before the patch', B: 'patched' }, texts, leftOut: 0 };
}

async function patchVersions(file: PatchedFile, patch: Uri): Promise<ComparedText[]> {
  for (const folder of file.path === null ? [] : (workspace.workspaceFolders ?? [])) {
    const uri = UriClass.joinPath(folder.uri, file.path!);
    const document = await openText(uri);
    if (document === undefined) continue;
    const texts = patchedTexts(file, document.text);
    if (texts.some(({ atHand }) => atHand !== 'neither'))
      return texts.map((text) => compared(text, uri, document.language));
  }
  return patchedTexts(file, undefined).map((text) => compared(text, patch, 'plaintext'));
}

const compared = ({ atHand, lines, ...text }: PatchedText, uri: Uri, language: string): ComparedText => ({
  ...text,
  uri,
  language: language === 'plaintext' ? languageOf(text.file) : language,
  shown: atHand === 'neither' ? { lines: lines ?? [] } : atHand,
});

/** For files that are not at hand: what the judge distinguishes. */
function languageOf(file: string): string {
  if (/\.[cm]?tsx?$/i.test(file)) return 'typescript';
  if (/\.[cm]?jsx?$/i.test(file)) return 'javascript';
  return /\.py$/i.test(file) ? 'python' : 'plaintext';
}

const isJudged = (text: string): boolean => text.length <= MAX_CHARACTERS && !text.includes('\0');

const sameUri = (a: Uri, b: Uri): boolean => a.toString() === b.toString();

/** The document as the editor has it, unsaved edits included; undefined if it is missing, binary or too large. */
async function openText(uri: Uri): Promise<{ text: string; language: string } | undefined> {
  try {
    const document = await workspace.openTextDocument(uri);
    const text = document.getText();
    return isJudged(text) ? { text, language: document.languageId } : undefined;
  } catch {
    return undefined;
  }
}

/** Why a comparison has nothing in it. */
export const nothingToJudge = (leftOut: number): string =>
  leftOut === 0
    ? 'nothing has changed that could be judged.'
    : `nothing to compare: ${plural(leftOut, 'changed file')} ${leftOut === 1 ? 'is' : 'are'} new, deleted, binary or too large.`;
