/** A real language server process and a client that speaks to it. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CancellationToken,
  CancellationTokenSource,
  createProtocolConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type ProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';
import { expect, onTestFinished } from 'vitest';
import type { Judgment } from '../../../server/protocol/judgment.ts';
import {
  type InitializationOptions,
  type JudgeParams,
  judgePartial,
  judgeRequest,
  Status,
  statusNotification,
  statusRequest,
} from '../../../server/protocol/requests.ts';
import { BUNDLES } from './bundles.ts';
import { Family } from './processes.ts';

export type Transport = 'stdio' | 'ipc' | 'verity serve';

export interface StartOptions extends Omit<InitializationOptions, 'judgeModel'> {
  transport?: Transport;
  /** The judge's checkpoint; the embedded one if left out. */
  model?: string;
}

/** A server process; the test ends only when it and its workers have. */
export class ServerProcess {
  readonly family = new Family();
  readonly child: ChildProcess;
  stderr = '';
  readonly ended: Promise<number | null>;

  constructor(transport: Transport = 'stdio') {
    const env = this.family.environment;
    if (transport === 'ipc')
      this.child = fork(BUNDLES.server, ['--node-ipc'], { env, execArgv: [], stdio: 'pipe' });
    else {
      const args = transport === 'stdio' ? [BUNDLES.server, '--stdio'] : [BUNDLES.cli, 'serve'];
      this.child = spawn(process.execPath, args, { env });
    }
    this.child.stderr!.on('data', (data: Buffer) => (this.stderr += data.toString()));
    // A server that ends while a test still writes to it.
    this.child.stdin!.on('error', () => undefined);
    // Not the process's own 'close': Node does not send it once the parent has closed the channel.
    const closed = [this.child.stdout!, this.child.stderr!].map((stream) => once(stream, 'close'));
    this.ended = Promise.all([once(this.child, 'exit'), ...closed]).then(([[code]]) => code as number | null);
    onTestFinished(async () => {
      this.child.kill('SIGKILL');
      await this.family.gone();
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Waits until the server has ended by itself and left no worker. @returns its exit code */
  async end(): Promise<number | null> {
    const code = await this.ended;
    await this.family.gone();
    return code;
  }
}

/** A server with an LSP client. */
export class Client extends ServerProcess {
  readonly connection: ProtocolConnection;
  readonly statuses: Status[] = [];
  private requests = 0;

  constructor(transport: Transport = 'stdio') {
    super(transport);
    const { child } = this;
    this.connection =
      transport === 'ipc'
        ? createProtocolConnection(new IPCMessageReader(child), new IPCMessageWriter(child))
        : createProtocolConnection(
            new StreamMessageReader(child.stdout!),
            new StreamMessageWriter(child.stdin!),
          );
    this.connection.onNotification(statusNotification, (status) => {
      this.statuses.push(Status.parse(status));
    });
    this.connection.listen();
    onTestFinished(() => this.connection.dispose());
  }

  /** A started and initialized server. */
  static async start({ transport, model, ...options }: StartOptions = {}): Promise<Client> {
    const client = new Client(transport);
    await client.initialize(model, options);
    return client;
  }

  async initialize(judgeModel?: string, options: InitializationOptions = {}): Promise<void> {
    await this.connection.sendRequest('initialize', {
      processId: process.pid,
      rootUri: null,
      capabilities: {},
      initializationOptions: { ...options, ...(judgeModel !== undefined && { judgeModel }) },
    });
    await this.connection.sendNotification('initialized', {});
  }

  async status(): Promise<Status> {
    return Status.parse(await this.connection.sendRequest(statusRequest));
  }

  /** The latest requests' outcomes, as `judge: answered`. */
  async outcomes(): Promise<string[]> {
    return (await this.status()).outcomes.map(({ request, outcome }) => `${request}: ${outcome}`);
  }

  async until(condition: (status: Status) => boolean): Promise<Status> {
    for (;;) {
      const status = await this.status();
      if (condition(status)) return status;
      await sleep(20);
    }
  }

  /** Asks for a judgment that can be cancelled. */
  judge(params: JudgeParams): Judging {
    const partialResultToken = `partial ${this.requests++}`;
    const cancellation = new AbortController();
    const answer = this.connection.sendRequest(
      judgeRequest,
      { ...params, partialResultToken },
      tokenOf(cancellation.signal),
    );
    const written = new Promise<void>((resolve) => {
      this.connection.onProgress(judgePartial, partialResultToken, () => resolve());
      const ended = () => resolve();
      answer.then(ended, ended);
    });
    return { answer, written, cancel: () => cancellation.abort() };
  }
}

/** The token whose cancellation sends `$/cancelRequest` for the request it is given to. */
export function tokenOf(signal: AbortSignal): CancellationToken {
  const source = new CancellationTokenSource();
  signal.addEventListener('abort', () => source.cancel());
  return source.token;
}

export interface Judging {
  answer: Promise<Judgment>;
  /** Resolves with the first text, or with the end. */
  written: Promise<void>;
  cancel: () => void;
}

/** Expects a request to fail with a code and one readable line. */
export async function expectError(answer: Promise<unknown>, code: number, message: RegExp): Promise<void> {
  const error: unknown = await answer.then(
    (result) => {
      throw new Error(`It was answered: ${JSON.stringify(result)}`);
    },
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
  expect((error as Error).message).not.toContain('\n');
}
