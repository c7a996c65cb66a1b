/** The request of the agents: solve. */
import type { Connection } from 'vscode-languageserver/node';
import { type SolvePartial, solvePartial, SolveParams, solveRequest } from '../protocol/solution.ts';
import type { SolveService } from '../service/solve-service.ts';
import { parse, perform, sendPartial } from './handlers.ts';

/** @param service answers once the client has initialized the server, and throws before. */
export function handleSolve(connection: Connection, service: () => SolveService): void {
  connection.onRequest(solveRequest, (raw, token) => {
    const params = parse(SolveParams, raw);
    const send = (partial: SolvePartial) =>
      sendPartial(connection, solvePartial, params.partialResultToken, partial);
    return perform(connection, 'Solving', params.workDoneToken, token, (signal, progress) =>
      service().solve(params, {
        signal,
        onAgent: (agent, role) => {
          progress.report(role);
          send({ kind: 'agent', agent, role });
        },
        onLatent: (step) => send({ kind: 'latent', step }),
        onText: (agent, text) => send({ kind: 'text', agent, text }),
        onReport: (agent, report) => send({ kind: 'report', agent, report }),
      }),
    );
  });
}
