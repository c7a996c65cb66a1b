/** The jobs as language-model tools: other agents in the editor may call them. */
import {
  type CancellationToken,
  type Disposable,
  LanguageModelTextPart,
  LanguageModelToolResult,
  lm,
} from 'vscode';
import type { z } from 'zod';
import { type Tool, TOOLS } from '../../server/protocol/tools.ts';
import type { Server } from '../server.ts';

const ignore = (): void => undefined;

export function registerTools(server: Server): Disposable[] {
  return [
    register(TOOLS.judge, (input, token) => server.judge(input, token, ignore)),
    register(TOOLS.complete, (input, token) => server.complete(input, token, ignore)),
    register(TOOLS.solve, (input, token) => server.solve(input, token, ignore)),
    register(TOOLS.deduce, (input, token) => server.deduce(input, token, ignore)),
  ];
}

/** What a model gives as input is checked here: VS Code does not hold it to the manifest's schema. */
function register<Input extends z.ZodType, Output extends z.ZodType>(
  { name, title, input, output }: Tool<Input, Output>,
  run: (input: z.output<Input>, token: CancellationToken) => Promise<unknown>,
): Disposable {
  return lm.registerTool<unknown>(name, {
    prepareInvocation: () => ({ invocationMessage: `Verity: ${title}` }),
    invoke: async (options, token) => {
      const parsed = input.safeParse(options.input);
      if (!parsed.success) throw new Error(describe(parsed.error));
      const result = output.parse(await run(parsed.data, token));
      return new LanguageModelToolResult([new LanguageModelTextPart(JSON.stringify(result))]);
    },
  });
}

const describe = ({ issues }: z.ZodError): string =>
  `${issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}. Correct the input and call again.`;
