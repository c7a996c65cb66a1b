/** `verity mcp`: the jobs as tools over the Model Context Protocol, on standard input and output. */
import { type CallToolResult, McpServer, type ServerContext } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { once } from 'node:events';
import type { z } from 'zod';
import { VERSION, workerFile } from '../bundle.ts';
import { resolveJudge, resolveSolver } from '../catalog/resolve.ts';
import { CompleteParams } from '../protocol/completion.ts';
import { JudgeParams } from '../protocol/requests.ts';
import { SolveParams } from '../protocol/solution.ts';
import { type Tool, TOOLS } from '../protocol/tools.ts';
import { CompletionService } from '../service/completion-service.ts';
import { JudgeService } from '../service/judge-service.ts';
import { ModelService } from '../service/model-service.ts';
import { SolveService } from '../service/solve-service.ts';
import type { ModelOptions } from './models.ts';

/** A client may stay connected all day; its models need not. */
const UNLOAD_AFTER_MS = 10 * 60_000;

/** Clients give up on tools that say nothing; more often than this helps nobody. */
const PROGRESS_EVERY_MS = 1000;

/** What a tool is given beside its input. */
interface Call {
  signal: AbortSignal;
  /** Tells a client that asked to be told how far the work is. */
  advance: (message: string) => void;
}

interface Services {
  judge: JudgeService;
  completion: CompletionService;
  solver: SolveService;
}

/**
 * Serves until the client closes its end of the pipe.
 * @throws VerityError if the judge's directory cannot be used.
 */
export async function serveMcp(options: ModelOptions, signal: AbortSignal): Promise<void> {
  const judge = await resolveJudge(options.model['judge']);
  const { dtype = 'auto', device = 'auto' } = options;
  const models = new ModelService({
    version: VERSION,
    workerFile,
    models: [judge],
    dtype,
    device,
    unloadAfterMs: UNLOAD_AFTER_MS,
  });
  const { policy, safety } = options.model;
  const services = {
    judge: new JudgeService(models, judge),
    completion: new CompletionService(models, { policy, safety }),
    solver: new SolveService(models, () => resolveSolver(policy)),
  };
  const closed = Promise.race([
    once(process.stdin, 'end', { signal }),
    once(process.stdin, 'close', { signal }),
  ]);
  const connection = serveStdio(() => toolServer(services));
  try {
    await closed;
  } finally {
    await connection.close();
    await models.dispose();
  }
}

function toolServer({ judge, completion, solver }: Services): McpServer {
  const server = new McpServer({ name: 'verity', version: VERSION });
  register(server, TOOLS.judge, (input, { signal, advance }) =>
    judge.judge(JudgeParams.parse(input), {
      signal,
      onText: (order) => advance(`reading ${order === 'AB' ? 'A' : 'B'} first`),
    }),
  );
  register(server, TOOLS.complete, async (input, { signal, advance }) => {
    const onStep = ({ step }: { step: number }) => advance(`step ${step + 1} of the search`);
    return (await completion.complete(CompleteParams.parse(input), { signal, onStep })).result;
  });
  register(server, TOOLS.solve, (input, { signal, advance }) =>
    solver.solve(SolveParams.parse(input), {
      signal,
      onAgent: (_, role) => advance(`the ${role} is at work`),
      onLatent: ({ step }) => advance(`latent step ${step + 1}`),
      onText: () => advance('writing'),
    }),
  );
  return server;
}

/** Bad input is refused before the tool runs; what fails is told in one sentence that the calling model can act on. */
function register<Input extends z.ZodType, Output extends z.ZodType>(
  server: McpServer,
  { name, title, description, input, output }: Tool<Input, Output>,
  run: (input: z.output<Input>, call: Call) => Promise<unknown>,
): void {
  const inputSchema: z.ZodType = input;
  server.registerTool(
    name,
    {
      title,
      description,
      inputSchema,
      outputSchema: output,
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    async (given, context): Promise<CallToolResult> => {
      const { signal } = context.mcpReq;
      try {
        const result = output.parse(
          await run(given as z.output<Input>, { signal, advance: progressOf(context) }),
        );
        return {
          content: [{ type: 'text', text: JSON.stringify(result) }],
          structuredContent: result as Record<string, unknown>,
        };
      } catch (error) {
        signal.throwIfAborted();
        const text = error instanceof Error ? error.message : String(error);
        return { isError: true, content: [{ type: 'text', text }] };
      }
    },
  );
}

function progressOf({ mcpReq }: ServerContext): Call['advance'] {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return () => undefined;
  let progress = 0;
  let last = -Infinity;
  return (message) => {
    progress++;
    if (performance.now() - last < PROGRESS_EVERY_MS) return;
    last = performance.now();
    void mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, message } });
  };
}
