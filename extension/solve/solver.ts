/** Solve with Agents: the problem found, its context shown, the team at work in the panel, the answer offered. */
import {
  CancellationTokenSource,
  commands,
  type Disposable,
  env,
  type Range,
  type Uri,
  window,
  workspace,
} from 'vscode';
import { type SolveParams, type SolveResult, TeamName } from '../../server/protocol/solution.ts';
import type { Server } from '../server.ts';
import { type AgentsAction, AgentsView } from './agents-view.ts';
import { indentedLike, replacementIn } from './answer.ts';
import { Answers } from './answers.ts';
import { chooseContext } from './choose-context.ts';
import { contextOf } from './context.ts';
import { hunksOf } from './hunks.ts';
import {
  diagnosticProblem,
  type FoundProblem,
  type Place,
  problemAt,
  testProblem,
  whereNow,
} from './problem.ts';
import { type ContextItem, problemText } from './prompt.ts';
import type { Team } from './teams.ts';
import { chooseTeam, currentTeam } from './workspace-teams.ts';

/** What is worked on: enough to run it again, and to use its answer. */
interface Run {
  title: string;
  ask: string;
  place: Place | undefined;
  /** The code that an answer may replace: none for a question, or where the user keeps the code to themselves. */
  replaced: Place | undefined;
  context: readonly ContextItem[];
  problem: string;
  team: Team;
  result?: SolveResult | undefined;
}

export class Solver implements Disposable {
  readonly view: AgentsView;
  private readonly answers = new Answers();
  private readonly server: Pick<Server, 'solve'>;
  private readonly warn: (message: string) => void;
  private current: CancellationTokenSource | undefined;
  private latest: Run | undefined;

  constructor(extensionUri: Uri, server: Pick<Server, 'solve'>, warn: (message: string) => void) {
    this.server = server;
    this.warn = warn;
    this.view = new AgentsView(extensionUri);
    this.view.onAction = (action) => this.act(action);
  }

  /** The command: what is at the cursor, or a question where no editor is open. */
  async solveHere(): Promise<SolveResult | undefined> {
    const editor = window.activeTextEditor;
    return this.solve(editor === undefined ? { ask: '' } : await problemAt(editor));
  }

  /** The quick fix of a reported problem. */
  async solveDiagnostic(uri: Uri, range: Range): Promise<SolveResult | undefined> {
    const problem = await diagnosticProblem(await workspace.openTextDocument(uri), range);
    if (problem !== undefined) return this.solve(problem);
    void window.showInformationMessage('Verity: nothing is reported here any more.');
    return undefined;
  }

  /** @param argument what VS Code gives to commands on a failing test's message. */
  async solveTest(argument: unknown): Promise<SolveResult | undefined> {
    const problem = await testProblem(argument);
    if (problem !== undefined) return this.solve(problem);
    void window.showInformationMessage('Verity: run this on the message of a failing test.');
    return undefined;
  }

  cancel(): void {
    this.current?.cancel();
  }

  /** Accepts hunks of the answer whose diff is shown. */
  accept(uri?: Uri): Promise<number> {
    const shown = uri ?? window.activeTextEditor?.document.uri;
    return shown === undefined ? Promise.resolve(0) : this.answers.accept(shown);
  }

  /** Asks what is to be done and what the team may read, then lets it work. */
  private async solve({ ask: suggested, place }: FoundProblem): Promise<SolveResult | undefined> {
    const title = place === undefined ? 'A question' : titleOf(place);
    const ask = await window.showInputBox({
      title: 'Solve with Agents',
      prompt: place === undefined ? 'What is the question?' : `What is to be done with ${title}?`,
      value: suggested,
      ignoreFocusOut: true,
    });
    if (ask === undefined || ask.trim() === '') return undefined;
    let team = await currentTeam();
    const code = place === undefined ? [] : [codeItem(place)];
    const offered = place === undefined ? [] : [...code, ...(await contextOf(place))];
    const chosen =
      offered.length === 0
        ? []
        : await chooseContext(offered, team.name, async () => {
            team = (await chooseTeam()) ?? team;
            return team.name;
          });
    if (chosen === undefined) return undefined;
    const context = chosen.filter((item) => !code.includes(item));
    const replaced = context.length < chosen.length ? place : undefined;
    const problem = problemText({ ask: ask.trim(), ...codeOf(replaced) }, context);
    return this.run({ title, ask: ask.trim(), place, replaced, context, problem, team }, false);
  }

  /** One run at a time: a new one takes the place of the one before. */
  private async run(run: Run, compare: boolean): Promise<SolveResult | undefined> {
    this.current?.cancel();
    const source = new CancellationTokenSource();
    this.current = source;
    this.latest = { ...run, result: undefined };
    this.tellMenus();
    const { title, ask, team, context } = run;
    const names = context.map(({ label, description }) => `${label} (${description})`);
    this.view.begin({ problem: { title, ask, context: names }, team: team.name, isComparing: compare });
    await this.view.reveal();
    // A run that was overtaken by the next one has no say in the panel any more.
    const isCurrent = () => this.current === source;
    try {
      const result = await this.server.solve(paramsOf(run, compare), source.token, (partial) => {
        if (isCurrent()) this.view.send({ kind: 'partial', partial });
      });
      if (!isCurrent()) return undefined;
      this.latest = { ...run, result };
      const use = editOf(this.latest) === undefined ? 'text' : 'edit';
      this.view.send({ kind: 'answered', result, use });
      void this.offer(use);
      return result;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.warn(message);
      if (!isCurrent()) return undefined;
      if (source.token.isCancellationRequested) this.view.send({ kind: 'stopped', phase: 'cancelled' });
      else {
        this.view.send({ kind: 'stopped', phase: 'failed', message });
        void window.showErrorMessage(`Verity: ${message}`);
      }
      return undefined;
    } finally {
      if (isCurrent()) this.current = undefined;
      this.tellMenus();
      source.dispose();
    }
  }

  /** Commands are shown only where they work. */
  private tellMenus(): void {
    void commands.executeCommand('setContext', 'verity.isSolving', this.current !== undefined);
  }

  /** The user may be at something else by now, so nothing opens unasked. */
  private async offer(use: 'edit' | 'text'): Promise<void> {
    const button = use === 'edit' ? 'Show Changes' : 'Show Answer';
    const words = `Verity: the agents have answered${use === 'edit' ? ' with a change' : ''}.`;
    if ((await window.showInformationMessage(words, button)) === button) await this.show();
  }

  /** What the user asks for in the panel. */
  private act(action: AgentsAction): void {
    switch (action) {
      case 'cancel':
        this.cancel();
        break;
      case 'compare':
        if (this.latest !== undefined) void this.run(this.latest, true);
        break;
      case 'copy':
        void env.clipboard.writeText(this.latest?.result?.answer ?? '');
        break;
      case 'open':
        void this.open();
        break;
      case 'show':
        void this.show();
    }
  }

  private async show(): Promise<void> {
    const { latest } = this;
    if (latest?.result === undefined) return;
    const after = editOf(latest);
    const isShown = after !== undefined && (await this.answers.showEdit(latest.replaced!, after));
    if (!isShown) await this.answers.showText(latest.result.answer);
  }

  private async open(): Promise<void> {
    const place = this.latest?.place;
    if (place === undefined) return;
    const selection = (await whereNow(place))?.range;
    await window.showTextDocument(place.document.uri, { ...(selection && { selection }) });
  }

  dispose(): void {
    this.cancel();
    this.answers.dispose();
    this.view.dispose();
  }
}

const titleOf = ({ document, lines }: Place): string =>
  `${workspace.asRelativePath(document.uri)}:${lines.startLine + 1}`;

const codeItem = (place: Place): ContextItem => ({
  label: 'The code in question',
  description: titleOf(place),
  text: place.text,
});

const codeOf = (place: Place | undefined) => ({
  file: place === undefined ? '' : workspace.asRelativePath(place.document.uri),
  language: place?.document.languageId ?? '',
  code: place?.text ?? '',
});

function paramsOf({ problem, team }: Run, compare: boolean): SolveParams {
  const settings = workspace.getConfiguration('verity.agents');
  const maxNewTokens = settings.get<number>('maxNewTokens', 1024);
  if (team.definition !== undefined) return { problem, definition: team.definition, maxNewTokens, compare };
  const latentSteps = settings.get<number>('latentSteps', 10);
  return { problem, team: TeamName.parse(team.name), latentSteps, maxNewTokens, compare };
}

/** The code that the answer would put in the place of what was asked about; undefined if it is no edit. */
function editOf({ replaced, result }: Run): string | undefined {
  if (replaced === undefined || result === undefined) return undefined;
  const code = replacementIn(result.answer, replaced.document.languageId);
  if (code === undefined) return undefined;
  const after = indentedLike(code, replaced.text);
  return hunksOf(replaced.text, after).length === 0 ? undefined : after;
}
