/**
 * The language server: LSP over standard input and output, or with `--node-ipc` over Node's channel. It answers
 * Verity's own requests and never loads a model; that is the worker's part.
 */
import {
  type CancellationToken,
  createConnection,
  ErrorCodes,
  type InitializeResult,
  LSPErrorCodes,
  type ProgressToken,
  type ProgressType,
  ProposedFeatures,
  type RequestParam,
  ResponseError,
  type WorkDoneProgressReporter,
} from 'vscode-languageserver/node';
import type { z } from 'zod';
import { resolveJudge } from './catalog/resolve.ts';
import { describeIssues, openTransport } from './lsp/transport.ts';
import {
  ErrorCode,
  InitializationOptions,
  judgePartial,
  JudgeParams,
  judgeRequest,
  type Outcome,
  type RankPartial,
  rankPartial,
  RankParams,
  rankRequest,
  type ReviewPartial,
  reviewPartial,
  ReviewParams,
  reviewRequest,
  statusNotification,
  statusRequest,
} from './protocol/requests.ts';
import { VerityError } from './runtime/errors.ts';
import { JudgeService } from './service/judge-service.ts';
import { VERSION, workerFile } from './bundle.ts';

/** LSP's exit codes: 0 after a shutdown, else 1. A worker sees its channel close and ends. */
function leave(problem?: string): never {
  if (problem !== undefined) process.stderr.write(`verity: ${problem}\n`);
  process.exit(isShutDown ? 0 : 1);
}

let service: JudgeService | undefined;
let isShutDown = false;
const { reader, writer } = openTransport(leave);
const connection = createConnection(ProposedFeatures.all, reader, writer);

connection.onInitialize(async ({ initializationOptions }): Promise<InitializeResult> => {
  const options = parse(InitializationOptions, initializationOptions ?? {});
  const model = await resolveJudge(options.judgeModel).catch(fail);
  if (service !== undefined) throw new ResponseError(ErrorCodes.InvalidRequest, 'Send initialize only once.');
  service = new JudgeService({
    version: VERSION,
    workerFile,
    model,
    ...(options.judgeDtype && { dtype: options.judgeDtype }),
    device: options.device ?? 'auto',
    ...(options.freshProbe && { freshProbe: true }),
    memoryLimit: options.memoryLimit,
    unloadAfterMs: options.unloadAfterMs,
    onStatus: (status) => void connection.sendNotification(statusNotification, status),
    onOutcome: (outcome) => connection.console.log(describe(outcome)),
  });
  return { capabilities: {}, serverInfo: { name: 'verity', version: VERSION } };
});

connection.onRequest(judgeRequest, (raw, token) => {
  const params = parse(JudgeParams, raw);
  return perform('Judging', params.workDoneToken, token, (signal) =>
    started().judge(params, {
      signal,
      onText: (order, text) => sendPartial(judgePartial, params.partialResultToken, { order, text }),
    }),
  );
});

connection.onRequest(rankRequest, (raw, token) => {
  const params = parse(RankParams, raw);
  const send = (partial: RankPartial) => sendPartial(rankPartial, params.partialResultToken, partial);
  return perform('Ranking', params.workDoneToken, token, (signal, progress) =>
    started().rank(params, {
      signal,
      onCompare: (index, total, [a, b]) => {
        progress.report((100 * index) / total, `${index + 1} of ${total}`);
        send({ kind: 'comparing', index, total, a, b });
      },
      onText: (order, text) => send({ kind: 'text', order, text }),
      onCompared: (comparison) => send({ kind: 'compared', comparison }),
    }),
  );
});

connection.onRequest(reviewRequest, (raw, token) => {
  const params = parse(ReviewParams, raw);
  const send = (partial: ReviewPartial) => sendPartial(reviewPartial, params.partialResultToken, partial);
  return perform('Judging the change', params.workDoneToken, token, async (signal, progress) => {
    let count = 0;
    const hunks = await started().review(params, {
      signal,
      onHunks: (found) => {
        count = found.length;
        send({ kind: 'hunks', hunks: found });
      },
      onText: (index, order, text) => send({ kind: 'text', index, order, text }),
      onJudged: (index, judgment) => {
        progress.report((100 * (index + 1)) / count, `${index + 1} of ${count}`);
        send({ kind: 'judged', index, judgment });
      },
    });
    return { hunks };
  });
});

connection.onRequest(statusRequest, () => started().status);
connection.onShutdown(() => {
  isShutDown = true;
  return service?.dispose();
});
connection.listen();

function started(): JudgeService {
  if (isShutDown) throw new ResponseError(ErrorCodes.InvalidRequest, 'The server has been shut down.');
  return service ?? fail(new ResponseError(ErrorCodes.ServerNotInitialized, 'Send initialize first.'));
}

/** Runs a request with work-done progress and a signal that follows the client's cancellation. */
async function perform<Result>(
  title: string,
  workDoneToken: ProgressToken | undefined,
  cancellation: CancellationToken,
  task: (signal: AbortSignal, progress: WorkDoneProgressReporter) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const subscription = cancellation.onCancellationRequested(() => controller.abort());
  if (cancellation.isCancellationRequested) controller.abort();
  const progress = connection.window.attachWorkDoneProgress(workDoneToken);
  progress.begin(title, 0, undefined, true);
  try {
    return await task(controller.signal, progress);
  } catch (error) {
    return fail(
      controller.signal.aborted ? new ResponseError(LSPErrorCodes.RequestCancelled, 'Cancelled.') : error,
    );
  } finally {
    subscription.dispose();
    progress.done();
  }
}

function sendPartial<Value>(
  type: ProgressType<Value>,
  token: ProgressToken | undefined,
  value: RequestParam<Value>,
): void {
  if (token !== undefined) void connection.sendProgress(type, token, value);
}

/** Parameters as our schema reads them. @throws ResponseError InvalidParams that names what is wrong. */
function parse<Schema extends z.ZodType>(schema: Schema, raw: unknown): z.output<Schema> {
  const parsed = schema.safeParse(raw);
  return parsed.success
    ? parsed.data
    : fail(new ResponseError(ErrorCodes.InvalidParams, describeIssues(parsed.error)));
}

/** Throws what a client can show: our errors with their code, others as they are. */
function fail(error: unknown): never {
  if (!(error instanceof VerityError)) throw error;
  const code = error.kind === 'badInput' ? ErrorCodes.InvalidParams : ErrorCode[error.kind];
  throw new ResponseError(code, error.message);
}

function describe({ request, outcome, ms, reason }: Outcome): string {
  return `${request}: ${outcome} after ${Math.round(ms)} ms${reason === undefined ? '' : ` (${reason})`}`;
}
