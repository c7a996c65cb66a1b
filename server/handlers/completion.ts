/** Safe completion's request. */
import type { Connection } from 'vscode-languageserver/node';
import { completePartial, CompleteParams, completeRequest, type SearchStep } from '../protocol/completion.ts';
import type { CompletionService } from '../service/completion-service.ts';
import { parse, perform, sendPartial } from './handlers.ts';

/** @param service answers once the client has initialized the server, and throws before. */
export function handleCompletion(connection: Connection, service: () => CompletionService): void {
  connection.onRequest(completeRequest, (raw, token) => {
    const params = parse(CompleteParams, raw);
    return perform(connection, 'Completing', params.workDoneToken, token, async (signal) => {
      const onStep = (step: SearchStep) =>
        sendPartial(connection, completePartial, params.partialResultToken, step);
      return (await service().complete(params, { signal, onStep })).result;
    });
  });
}
