/**
 * The language server: LSP over standard input and output, or with `--node-ipc` over Node's channel. It answers
 * Verity's own requests and never loads a model; that is the worker's part.
 */
import {
  createConnection,
  ErrorCodes,
  type InitializeResult,
  ProposedFeatures,
  ResponseError,
} from 'vscode-languageserver/node';
import { resolveJudge, resolveSolver } from './catalog/resolve.ts';
import { fail, parse } from './handlers/handlers.ts';
import { handleCompletion } from './handlers/completion.ts';
import { handleJudge } from './handlers/judge.ts';
import { handleSolve } from './handlers/solve.ts';
import { openTransport } from './lsp/transport.ts';
import {
  InitializationOptions,
  type Outcome,
  statusNotification,
  statusRequest,
} from './protocol/requests.ts';
import { CompletionService } from './service/completion-service.ts';
import { JudgeService } from './service/judge-service.ts';
import { ModelService } from './service/model-service.ts';
import { SolveService } from './service/solve-service.ts';
import { VERSION, workerFile } from './bundle.ts';

/** The jobs, over the models that they share. */
interface Services {
  models: ModelService;
  judge: JudgeService;
  completion: CompletionService;
  solver: SolveService;
}

/** LSP's exit codes: 0 after a shutdown, else 1. A worker sees its channel close and ends. */
function leave(problem?: string): never {
  if (problem !== undefined) process.stderr.write(`verity: ${problem}\n`);
  process.exit(isShutDown ? 0 : 1);
}

let services: Services | undefined;
let isShutDown = false;
const { reader, writer } = openTransport(leave);
const connection = createConnection(ProposedFeatures.all, reader, writer);

connection.onInitialize(async ({ initializationOptions }): Promise<InitializeResult> => {
  const options = parse(InitializationOptions, initializationOptions ?? {});
  const started = await start(options).catch(fail);
  if (services !== undefined)
    throw new ResponseError(ErrorCodes.InvalidRequest, 'Send initialize only once.');
  services = started;
  return { capabilities: {}, serverInfo: { name: 'verity', version: VERSION } };
});

async function start(options: InitializationOptions): Promise<Services> {
  const { judgeModel, judgeDtype, policyModel, safetyModel } = options;
  const judge = { ...(await resolveJudge(judgeModel)), ...(judgeDtype && { dtype: judgeDtype }) };
  const models = new ModelService({
    version: VERSION,
    workerFile,
    models: [judge],
    device: options.device ?? 'auto',
    ...(options.freshProbe && { freshProbe: true }),
    memoryLimit: options.memoryLimit,
    unloadAfterMs: options.unloadAfterMs,
    onStatus: (status) => void connection.sendNotification(statusNotification, status),
    onOutcome: (outcome) => connection.console.log(describe(outcome)),
  });
  return {
    models,
    judge: new JudgeService(models, judge),
    completion: new CompletionService(models, { policy: policyModel, safety: safetyModel }),
    solver: new SolveService(models, () => resolveSolver(policyModel)),
  };
}

handleJudge(connection, () => running().judge);
handleCompletion(connection, () => running().completion);
handleSolve(connection, () => running().solver);
connection.onRequest(statusRequest, () => running().models.status);
connection.onShutdown(() => {
  isShutDown = true;
  return services?.models.dispose();
});
connection.listen();

function running(): Services {
  if (isShutDown) throw new ResponseError(ErrorCodes.InvalidRequest, 'The server has been shut down.');
  return services ?? fail(new ResponseError(ErrorCodes.ServerNotInitialized, 'Send initialize first.'));
}

function describe({ request, outcome, ms, reason }: Outcome): string {
  return `${request}: ${outcome} after ${Math.round(ms)} ms${reason === undefined ? '' : ` (${reason})`}`;
}
