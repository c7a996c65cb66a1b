/** The language server as the extension sees it: started on first need, restarted when it dies, told of nothing else. */
import {
  type CancellationToken,
  type Disposable,
  EventEmitter,
  type ExtensionContext,
  type LogOutputChannel,
  window,
  workspace,
} from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  type ProgressType,
  type RequestType,
  State,
  TransportKind,
} from 'vscode-languageclient/node';
import type { z } from 'zod';
import { Judgment, Ranking } from '../server/protocol/judgment.ts';
import {
  type InitializationOptions,
  JudgePartial,
  judgePartial,
  type JudgeParams,
  judgeRequest,
  RankPartial,
  rankPartial,
  type RankParams,
  rankRequest,
  ReviewPartial,
  reviewPartial,
  type ReviewParams,
  reviewRequest,
  ReviewResult,
  Status,
  statusNotification,
  statusRequest,
} from '../server/protocol/requests.ts';

/** After so many deaths within the window the server stays down until the user restarts it. */
const MAX_DEATHS = 4;
const DEATH_WINDOW_MS = 3 * 60_000;

export class Server implements Disposable {
  private readonly context: ExtensionContext;
  private readonly log: LogOutputChannel;
  private client: Promise<LanguageClient> | undefined;
  private deaths: number[] = [];
  private nextToken = 0;
  private readonly statusChanged = new EventEmitter<Status | undefined>();
  private readonly configuration: Disposable;

  /** The server's latest status; undefined while it does not run. */
  readonly onStatus = this.statusChanged.event;

  constructor(context: ExtensionContext, log: LogOutputChannel) {
    this.context = context;
    this.log = log;
    this.configuration = workspace.onDidChangeConfiguration((change) => {
      if (
        ['verity.judge', 'verity.device', 'verity.memory'].some((name) =>
          change.affectsConfiguration(name),
        ) &&
        this.client !== undefined
      )
        void this.restart();
    });
  }

  judge(
    params: JudgeParams,
    token: CancellationToken,
    onPartial: (partial: JudgePartial) => void,
  ): Promise<Judgment> {
    return this.request(judgeRequest, params, Judgment, token, {
      type: judgePartial,
      schema: JudgePartial,
      onPartial,
    });
  }

  rank(
    params: RankParams,
    token: CancellationToken,
    onPartial: (partial: RankPartial) => void,
  ): Promise<Ranking> {
    return this.request(rankRequest, params, Ranking, token, {
      type: rankPartial,
      schema: RankPartial,
      onPartial,
    });
  }

  review(
    params: ReviewParams,
    token: CancellationToken,
    onPartial: (partial: ReviewPartial) => void,
  ): Promise<ReviewResult> {
    return this.request(reviewRequest, params, ReviewResult, token, {
      type: reviewPartial,
      schema: ReviewPartial,
      onPartial,
    });
  }

  /** Starts the server if need be. */
  async status(): Promise<Status> {
    const client = await this.running();
    return Status.parse(await client.sendRequest(statusRequest));
  }

  private async request<Params, Result, Partial>(
    type: RequestType<Params, Result, void>,
    params: Params,
    schema: z.ZodType<Result>,
    token: CancellationToken,
    partial: {
      type: ProgressType<Partial>;
      schema: z.ZodType<Partial>;
      onPartial: (partial: Partial) => void;
    },
  ): Promise<Result> {
    const client = await this.running();
    const partialResultToken = `verity-${this.nextToken++}`;
    const subscription = client.onProgress(partial.type, partialResultToken, (raw) =>
      partial.onPartial(partial.schema.parse(raw)),
    );
    try {
      return schema.parse(
        await client.sendRequest<unknown>(type.method, { ...params, partialResultToken }, token),
      );
    } finally {
      subscription.dispose();
    }
  }

  private running(freshProbe = false): Promise<LanguageClient> {
    this.client ??= this.start(freshProbe).catch((error: unknown) => {
      this.client = undefined;
      throw error;
    });
    return this.client;
  }

  private async start(freshProbe = false): Promise<LanguageClient> {
    const module = this.context.asAbsolutePath('dist/server.mjs');
    const run = { module, transport: TransportKind.ipc };
    const client = new LanguageClient(
      'verity',
      'Verity',
      { run, debug: run },
      {
        documentSelector: [],
        outputChannel: this.log,
        initializationOptions: this.initializationOptions(freshProbe),
        // One error is shown where the user asked for something; the client's own pop-ups would repeat it.
        revealOutputChannelOn: RevealOutputChannelOn.Never,
        initializationFailedHandler: () => false,
        errorHandler: {
          error: () => ({ action: ErrorAction.Continue, handled: true }),
          closed: () => this.afterDeath(),
        },
      },
    );
    client.onNotification(statusNotification, (raw) => this.statusChanged.fire(Status.parse(raw)));
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Stopped) this.statusChanged.fire(undefined);
    });
    await client.start();
    return client;
  }

  /** Models and devices are machine settings: a workspace cannot name a model to run. */
  private initializationOptions(freshProbe: boolean): InitializationOptions {
    const settings = workspace.getConfiguration('verity.judge');
    const directory = settings.get<string>('model', '').trim();
    const judgeDtype = settings.get<InitializationOptions['judgeDtype']>('dtype', 'auto');
    const device = workspace
      .getConfiguration('verity')
      .get<InitializationOptions['device']>('device', 'auto');
    const memory = workspace.getConfiguration('verity.memory');
    const limit = memory.get<number>('limit', 0);
    const minutes = memory.get<number>('unloadAfterMinutes', 10);
    return {
      judgeDtype,
      device,
      freshProbe,
      ...(directory !== '' && { judgeModel: directory }),
      ...(limit > 0 && { memoryLimit: limit * 1e9 }),
      ...(minutes > 0 && { unloadAfterMs: minutes * 60_000 }),
    };
  }

  private afterDeath(): { action: CloseAction; handled: true } {
    this.deaths = [...this.deaths.filter((at) => Date.now() - at < DEATH_WINDOW_MS), Date.now()];
    if (this.deaths.length < MAX_DEATHS) {
      void window.showWarningMessage(
        'Verity: the server ended unexpectedly and has been restarted. Please judge again.',
      );
      return { action: CloseAction.Restart, handled: true };
    }
    this.client = undefined;
    void window
      .showErrorMessage(
        `Verity: the server ended ${MAX_DEATHS} times within three minutes and stays down.`,
        'Restart',
        'Show Log',
      )
      .then((choice) => {
        if (choice === 'Restart') void this.restart();
        if (choice === 'Show Log') this.log.show();
      });
    return { action: CloseAction.DoNotRestart, handled: true };
  }

  /** Whoever restarts may have repaired a driver, so devices are tested anew. */
  async restart(): Promise<void> {
    this.deaths = [];
    const old = this.client;
    this.client = undefined;
    await (await old?.catch(() => undefined))?.dispose();
    await this.running(true);
  }

  dispose(): void {
    this.configuration.dispose();
    this.statusChanged.dispose();
    void this.client?.then((client) => client.dispose()).catch(() => undefined);
  }
}
