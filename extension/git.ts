/** The part of the built-in Git extension's API (version 1) that reviews need. */
import { type Event, extensions, type Uri } from 'vscode';

/** Values of the API's Status enum for files that exist in both versions. */
const MODIFIED = new Set([0 /* INDEX_MODIFIED */, 5 /* MODIFIED */]);

export interface Change {
  readonly uri: Uri;
  readonly status: number;
}

export interface Repository {
  readonly rootUri: Uri;
  readonly state: {
    readonly HEAD: { readonly name?: string; readonly commit?: string } | undefined;
    readonly workingTreeChanges: Change[];
    readonly indexChanges: Change[];
    readonly onDidChange: Event<void>;
  };
  status(): Promise<void>;
  /** A file's text at a revision; of the index where `ref` is empty. */
  show(ref: string, path: string): Promise<string>;
  diffIndexWithHEAD(): Promise<Change[]>;
  diffBetween(ref1: string, ref2: string): Promise<Change[]>;
  getMergeBase(ref1: string, ref2: string): Promise<string | undefined>;
  getBranchBase(name: string): Promise<{ readonly remote?: string; readonly name?: string } | undefined>;
  getCommit(ref: string): Promise<{ readonly hash: string; readonly parents: string[] }>;
}

interface GitApi {
  readonly repositories: Repository[];
  readonly onDidOpenRepository: Event<Repository>;
  getRepository(uri: Uri): Repository | null;
}

interface GitExtension {
  readonly enabled: boolean;
  getAPI(version: 1): GitApi;
}

/** The API, or undefined where the Git extension is missing or disabled. */
export async function gitApi(): Promise<GitApi | undefined> {
  const extension = extensions.getExtension<GitExtension>('vscode.git');
  const git = extension && (extension.isActive ? extension.exports : await extension.activate());
  return git?.enabled ? git.getAPI(1) : undefined;
}

/** The repository of a file, else the first one. @throws Error that tells what to do if there is none. */
export async function repositoryOf(uri: Uri | undefined): Promise<Repository> {
  const git = await gitApi();
  if (git === undefined)
    throw new Error('the built-in Git extension is disabled; enable it to judge a change.');
  const repository = (uri && git.getRepository(uri)) ?? git.repositories[0];
  if (repository === undefined) throw new Error('no Git repository is open. Open a folder that has one.');
  return repository;
}

/** Changes of the working tree against HEAD, staged or not. */
export async function workingTreeChanges(repository: Repository): Promise<Change[]> {
  await repository.status();
  return [...repository.state.indexChanges, ...repository.state.workingTreeChanges];
}

/** Files that exist in both versions, each once; and how many were added, deleted or renamed. */
export function modifiedFiles(changes: readonly Change[]): { files: Uri[]; others: number } {
  const files = new Map<string, Uri>();
  for (const { uri, status } of changes) if (MODIFIED.has(status)) files.set(uri.toString(), uri);
  const others = new Set(
    changes.filter(({ uri }) => !files.has(uri.toString())).map(({ uri }) => uri.toString()),
  );
  return { files: [...files.values()], others: others.size };
}

/** Where branches usually start, if the Git extension does not know better. */
const USUAL_BASES = ['origin/HEAD', 'origin/main', 'origin/master', 'main', 'master'];

/** The branch that the current one left, by name; undefined if none can be told. */
export async function baseBranch(repository: Repository): Promise<string | undefined> {
  // A checkout in a terminal a moment ago may not have been noticed yet.
  await repository.status();
  const head = repository.state.HEAD;
  if (head?.name !== undefined) {
    const base = await repository.getBranchBase(head.name).catch(() => undefined);
    if (base?.name !== undefined)
      return base.remote === undefined || base.name.startsWith(`${base.remote}/`)
        ? base.name
        : `${base.remote}/${base.name}`;
  }
  for (const name of USUAL_BASES) {
    const commit = await repository.getCommit(name).catch(() => undefined);
    if (commit !== undefined && name !== head?.name) return name;
  }
  return undefined;
}
