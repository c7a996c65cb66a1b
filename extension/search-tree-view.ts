/** The search tree panel's host: keeps the latest searches, so that the panel can be hidden and shown again. */
import { commands, type Disposable, env, Uri, type WebviewView, window, workspace } from 'vscode';
import type { CompleteParams, CompleteResult, SearchStep } from '../server/protocol/completion.ts';
import {
  FromSearchTree,
  reduceSearchTree,
  type SearchPhase,
  type SearchRun,
  type SearchTreeState,
  type ToSearchTree,
} from '../server/protocol/search-tree-panel.ts';
import { showPage } from './webview-page.ts';

const VIEW = 'verity.searchTree';

/** As much of the text before a path as shows where it goes on. */
const MAX_PROMPT = 200;

export class SearchTreeView implements Disposable {
  private readonly extensionUri: Uri;
  private readonly registration: Disposable;
  private view: WebviewView | undefined;
  private state: SearchTreeState = { runs: [] };
  private nextRun = 0;
  private readonly cancels = new Map<number, () => void>();

  constructor(extensionUri: Uri) {
    this.extensionUri = extensionUri;
    this.registration = window.registerWebviewViewProvider(VIEW, {
      resolveWebviewView: (view) => this.resolve(view),
    });
  }

  /** Shows the panel, and in it one node of a run if it is named. */
  async reveal(run?: number, node?: number): Promise<void> {
    await commands.executeCommand(`${VIEW}.focus`);
    if (run !== undefined && node !== undefined) this.send({ kind: 'select', run, node });
  }

  /** A search begins; answers with the run's number. */
  begin(
    params: CompleteParams,
    { title, source }: Pick<SearchRun, 'title' | 'source'>,
    cancel: () => void,
  ): number {
    const { prefix, method = 'saffron', budget = 1 } = params;
    const prompt = prefix.slice(-MAX_PROMPT);
    const id = this.nextRun++;
    this.cancels.set(id, cancel);
    this.send({
      kind: 'begin',
      run: { id, title, source, prompt, method, budget, phase: 'growing', steps: [] },
    });
    return id;
  }

  step(run: number, step: SearchStep): void {
    this.send({ kind: 'step', run, step });
  }

  end(run: number, phase: Exclude<SearchPhase, 'growing'>, message?: string, result?: CompleteResult): void {
    this.cancels.delete(run);
    this.send({ kind: 'end', run, phase, message, result });
  }

  private send(message: ToSearchTree): void {
    this.state = reduceSearchTree(this.state, message);
    void this.view?.webview.postMessage(message);
  }

  private resolve(view: WebviewView): void {
    this.view = view;
    view.webview.onDidReceiveMessage((raw) => this.receive(FromSearchTree.parse(raw)));
    view.onDidDispose(() => (this.view = undefined));
    showPage(view.webview, this.extensionUri, 'search-tree', 'Search Tree');
  }

  private receive(message: FromSearchTree): void {
    switch (message.kind) {
      case 'ready':
        this.send({ kind: 'state', state: this.state });
        break;
      case 'cancel':
        for (const cancel of this.cancels.values()) cancel();
        break;
      case 'copy':
        void env.clipboard.writeText(message.text);
        break;
      case 'exportSvg':
        void save('svg', message.svg);
        break;
      case 'exportJson': {
        const run = this.state.runs.find(({ id }) => id === message.run);
        if (run !== undefined) void save('json', `${JSON.stringify(run, null, 2)}\n`);
      }
    }
  }

  dispose(): void {
    this.registration.dispose();
  }
}

/** Where the user says. */
async function save(ending: 'svg' | 'json', text: string): Promise<void> {
  const folder = workspace.workspaceFolders?.[0]?.uri;
  const target = await window.showSaveDialog({
    title: 'Export Search Tree',
    filters: { [ending.toUpperCase()]: [ending] },
    ...(folder && { defaultUri: Uri.joinPath(folder, `search-tree.${ending}`) }),
  });
  if (target === undefined) return;
  try {
    await workspace.fs.writeFile(target, new TextEncoder().encode(text));
  } catch (error) {
    void window.showErrorMessage(
      `Verity: the search tree could not be written: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
