/** What the handlers of all jobs share: validated parameters, progress, cancellation, errors that a client can show. */
import {
  type CancellationToken,
  type Connection,
  ErrorCodes,
  LSPErrorCodes,
  type ProgressToken,
  type ProgressType,
  type RequestParam,
  ResponseError,
  type WorkDoneProgressReporter,
} from 'vscode-languageserver/node';
import type { z } from 'zod';
import { describeIssues } from '../lsp/transport.ts';
import { ErrorCode } from '../protocol/requests.ts';
import { VerityError } from '../runtime/errors.ts';

/** Runs a request with work-done progress and a signal that follows the client's cancellation. */
export async function perform<Result>(
  connection: Connection,
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

/** Sends a part of a result to a client that asked for parts. */
export function sendPartial<Value>(
  connection: Connection,
  type: ProgressType<Value>,
  token: ProgressToken | undefined,
  value: RequestParam<Value>,
): void {
  if (token !== undefined) void connection.sendProgress(type, token, value);
}

/** Parameters as our schema reads them. @throws ResponseError InvalidParams that names what is wrong. */
export function parse<Schema extends z.ZodType>(schema: Schema, raw: unknown): z.output<Schema> {
  const parsed = schema.safeParse(raw);
  return parsed.success
    ? parsed.data
    : fail(new ResponseError(ErrorCodes.InvalidParams, describeIssues(parsed.error)));
}

/** Throws what a client can show: our errors with their code, others as they are. */
export function fail(error: unknown): never {
  if (!(error instanceof VerityError)) throw error;
  const code = error.kind === 'badInput' ? ErrorCodes.InvalidParams : ErrorCode[error.kind];
  throw new ResponseError(code, error.message);
}
