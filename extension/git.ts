/** The part of the built-in Git extension's API (version 1) that a review needs. */
import { extensions, type Uri } from 'vscode';

/** Values of the API's Status enum for files that exist in both versions. */
const MODIFIED = new Set([0 /* INDEX_MODIFIED */, 5 /* MODIFIED */]);

interface Change {
  readonly uri: Uri;
  readonly status: number;
}

export interface Repository {
  readonly rootUri: Uri;
  readonly state: { readonly workingTreeChanges: Change[]; readonly indexChanges: Change[] };
  status(): Promise<void>;
  show(ref: string, path: string): Promise<string>;
}

interface GitApi {
  readonly repositories: Repository[];
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

/** Files modified against HEAD, staged or not, each once; and how many were added, deleted or renamed. */
export async function modifiedFiles(repository: Repository): Promise<{ files: Uri[]; others: number }> {
  await repository.status();
  const changes = [...repository.state.indexChanges, ...repository.state.workingTreeChanges];
  const files = new Map<string, Uri>();
  for (const { uri, status } of changes) if (MODIFIED.has(status)) files.set(uri.toString(), uri);
  const others = new Set(
    changes.filter(({ uri }) => !files.has(uri.toString())).map(({ uri }) => uri.toString()),
  );
  return { files: [...files.values()], others: others.size };
}
