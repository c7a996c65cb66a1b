/** As much of the `vscode` module as the panels' hosts use; tests put it in its place with vi.mock. */
import type { WebviewViewProvider } from 'vscode';

export class Uri {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static parse(path: string): Uri {
    return new Uri(path);
  }

  static joinPath(base: Uri, ...parts: string[]): Uri {
    return new Uri([base.path, ...parts].join('/'));
  }

  toString(): string {
    return this.path;
  }
}

/** The providers that were registered, latest last. */
export const registered: Pick<ResolvingProvider, 'resolveWebviewView'>[] = [];

interface ResolvingProvider {
  resolveWebviewView: (view: Parameters<WebviewViewProvider['resolveWebviewView']>[0]) => void;
}

export const window = {
  registerWebviewViewProvider: (_id: string, provider: ResolvingProvider) => {
    registered.push(provider);
    return { dispose: () => undefined };
  },
  showSaveDialog: ({ filters }: { filters: Record<string, string[]> }) =>
    Promise.resolve(Uri.parse(`/saved.${Object.values(filters)[0]![0]!}`)),
};

/** What was copied, and what was written, latest last. */
export const copied: string[] = [];
export const written: { path: string; text: string }[] = [];

export const env = { clipboard: { writeText: (text: string) => Promise.resolve(copied.push(text)) } };

export const workspace = {
  workspaceFolders: undefined,
  fs: {
    writeFile: ({ path }: Uri, bytes: Uint8Array) =>
      Promise.resolve(written.push({ path, text: new TextDecoder().decode(bytes) })),
  },
};

export const commands = { executeCommand: () => Promise.resolve() };

/** Only named when the host is imported; a judging run needs the editor itself. */
export const ProgressLocation = {};
export const CancellationTokenSource = undefined;
