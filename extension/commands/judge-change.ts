/** Judge Change: the working tree against HEAD, hunk by hunk, as comments on the changed lines. */
import { type CancellationToken, Range, type TextDocument, type Uri, window, workspace } from 'vscode';
import type { JudgedHunk, LineRange } from '../../server/protocol/judgment.ts';
import { gitApi, modifiedFiles, type Repository } from '../git.ts';
import { entry, runJudging } from '../judging.ts';
import type { Verity } from '../verity.ts';

const MAX_CHARACTERS = 1_000_000;
const NAMES = { A: 'HEAD', B: 'working tree' };

interface ChangedFile {
  uri: Uri;
  file: string;
  language: string;
  before: string;
  after: string;
}

/** Answers with the judged hunks, for extensions that run the command; undefined if there are none. */
export async function judgeChange(verity: Verity): Promise<JudgedHunk[] | undefined> {
  const active = window.activeTextEditor?.document.uri;
  const repository = await repositoryOf(active);
  if (repository === undefined) return undefined;
  const { files, others } = await modifiedFiles(repository);
  const own = files.find((uri) => uri.toString() === active?.toString());
  const { changed, skipped } = await readChanges(repository, own ? [own] : files);
  if (changed.length === 0) {
    tell(nothingToJudge(skipped + others));
    return undefined;
  }
  const hunks = await runJudging(verity, 'Verity is judging the change', (token, report) =>
    review(verity, changed, token, report),
  );
  if (skipped > 0)
    tell(`${skipped} ${skipped === 1 ? 'file was' : 'files were'} left out: binary or too large.`);
  return hunks;
}

/** The repository of the active file, else the first one; undefined, and the user told why, if there is none. */
async function repositoryOf(active: Uri | undefined): Promise<Repository | undefined> {
  const git = await gitApi();
  if (git === undefined) tell('the built-in Git extension is disabled; enable it to judge a change.');
  const repository = (active && git?.getRepository(active)) ?? git?.repositories[0];
  if (git !== undefined && repository === undefined)
    tell('no Git repository is open. Open a folder that has one.');
  return repository;
}

async function review(
  verity: Verity,
  changed: ChangedFile[],
  token: CancellationToken,
  report: (message: string) => void,
): Promise<JudgedHunk[]> {
  const uriOf = new Map(changed.map(({ file, uri }) => [file, uri]));
  for (const { uri } of changed) verity.comments.clear(uri);
  let judged = 0;
  let total = 0;
  const params = {
    files: changed.map(({ file, language, before, after }) => ({ file, language, before, after })),
  };
  const { hunks } = await verity.server.review(params, token, (partial) => {
    if (partial.kind === 'hunks') {
      total = partial.hunks.length;
      const titles = partial.hunks.map(({ file, after }) =>
        entry(`${file}:${after.startLine + 1}`, NAMES, 'change'),
      );
      verity.panel.show(titles, (index) => {
        const hunk = partial.hunks[index];
        const uri = hunk && uriOf.get(hunk.file);
        if (uri) void window.showTextDocument(uri, { selection: startOf(hunk.after) });
      });
    } else if (partial.kind === 'judged') {
      verity.panel.send(partial);
      report(`${++judged} of ${total}`);
    } else verity.panel.send(partial);
  });
  for (const hunk of hunks) {
    const uri = uriOf.get(hunk.file);
    if (uri) verity.comments.add(uri, hunk);
  }
  if (hunks.length === 0)
    throw new Error('the change touches white space only, so there is nothing to judge.');
  return hunks;
}

const startOf = ({ startLine }: LineRange) => new Range(startLine, 0, startLine, 0);

async function readChanges(
  repository: Repository,
  uris: Uri[],
): Promise<{ changed: ChangedFile[]; skipped: number }> {
  const changed: ChangedFile[] = [];
  for (const uri of uris) {
    const document = await openText(uri);
    if (document === undefined) continue;
    const file = workspace.asRelativePath(uri, false);
    const before = await repository.show('HEAD', uri.fsPath);
    const after = document.getText();
    if (after.length <= MAX_CHARACTERS && !before.includes('\0'))
      changed.push({ uri, file, language: document.languageId, before, after });
  }
  return { changed, skipped: uris.length - changed.length };
}

/** The document as the editor has it, unsaved edits included; undefined if it is binary. */
async function openText(uri: Uri): Promise<TextDocument | undefined> {
  try {
    return await workspace.openTextDocument(uri);
  } catch {
    return undefined;
  }
}

const nothingToJudge = (others: number): string =>
  others === 0
    ? 'nothing has changed since the last commit.'
    : `nothing to compare: ${others} changed ${others === 1 ? 'file is' : 'files are'} new, deleted, binary or too large.`;

function tell(message: string): void {
  void window.showInformationMessage(`Verity: ${message}`);
}
