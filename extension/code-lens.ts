/** "Judge" above functions that differ from HEAD. */
import {
  CodeLens,
  type CodeLensProvider,
  type Disposable,
  EventEmitter,
  Range,
  type TextDocument,
  workspace,
} from 'vscode';
import { gitApi, type Repository } from './git.ts';
import { changedLines } from './review/changed-lines.ts';
import { functionsOf, touches } from './review/context.ts';

const SETTING = 'verity.codeLens';
/** A longer document has no functions that anyone reads. */
const MAX_CHARACTERS = 300_000;

export class JudgeLenses implements CodeLensProvider, Disposable {
  private readonly changed = new EventEmitter<void>();
  private readonly heads = new Map<string, { commit: string | undefined; text: Promise<string> }>();
  private readonly watched = new WeakSet<Repository>();
  private readonly subscriptions: Pick<Disposable, 'dispose'>[] = [this.changed];
  readonly onDidChangeCodeLenses = this.changed.event;

  constructor() {
    this.subscriptions.push(
      workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration(SETTING)) this.changed.fire();
      }),
      workspace.onDidCloseTextDocument(({ uri }) => this.heads.delete(uri.toString())),
    );
  }

  async provideCodeLenses(document: TextDocument): Promise<CodeLens[]> {
    const text = document.getText();
    if (!workspace.getConfiguration().get<boolean>(SETTING, true) || text.length > MAX_CHARACTERS) return [];
    const head = await this.textAtHead(document);
    if (head === undefined || head === text) return [];
    const changes = changedLines(head, text);
    const functions = changes.length === 0 ? [] : await functionsOf(document.uri);
    return functions
      .filter(({ range }) => changes.some((change) => touches(change, range)))
      .map(({ range, name }) => {
        const place = new Range(name, name);
        const command = {
          command: 'verity.judgeFunction',
          title: 'Judge',
          arguments: [document.uri, range],
        };
        return new CodeLens(place, command);
      });
  }

  /** undefined for files that HEAD does not have. */
  private async textAtHead({ uri }: TextDocument): Promise<string | undefined> {
    const repository = (await gitApi())?.getRepository(uri);
    if (!repository) return undefined;
    this.watch(repository);
    const commit = repository.state.HEAD?.commit;
    const key = uri.toString();
    let head = this.heads.get(key);
    if (head === undefined || head.commit !== commit) {
      head = { commit, text: repository.show('HEAD', uri.fsPath) };
      this.heads.set(key, head);
    }
    return head.text.catch(() => undefined);
  }

  /** A commit changes what has changed. */
  private watch(repository: Repository): void {
    if (this.watched.has(repository)) return;
    this.watched.add(repository);
    let commit = repository.state.HEAD?.commit;
    this.subscriptions.push(
      repository.state.onDidChange(() => {
        if (repository.state.HEAD?.commit === commit) return;
        commit = repository.state.HEAD?.commit;
        this.changed.fire();
      }),
    );
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}
