/** `verity judge A B`: two files. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { resolveJudge } from '../catalog/resolve.ts';
import { Conversation } from '../protocol/requests.ts';
import { VerityError } from '../runtime/errors.ts';
import { JudgeService } from '../service/judge-service.ts';
import { type ModelOptions, withModels } from './models.ts';
import { printJudgment, Progress } from './print.ts';

export interface JudgeOptions extends ModelOptions {
  instruction?: string;
  /** A JSON file of the conversation that A and B end as replies. */
  conversation?: string;
  /** Samples per order. */
  votes?: number;
  language?: string;
  json?: boolean;
}

const LANGUAGE_OF_ENDING: Record<string, string> = {
  '.ts': 'typescript',
  '.mts': 'typescript',
  '.cts': 'typescript',
  '.tsx': 'typescriptreact',
  '.js': 'javascript',
  '.mjs': 'javascript',
  '.cjs': 'javascript',
  '.jsx': 'javascriptreact',
  '.py': 'python',
};

export const languageOf = (file: string): string =>
  LANGUAGE_OF_ENDING[extname(file).toLowerCase()] ?? 'plaintext';

/** Runs with a judge in a worker of its own. */
export async function withJudge<Result>(
  options: ModelOptions,
  task: (service: JudgeService) => Promise<Result>,
  progress = new Progress(),
): Promise<Result> {
  const model = await resolveJudge(options.model['judge']);
  return withModels([model], options, (models) => task(new JudgeService(models, model)), progress);
}

/** Judges file A against file B. */
export async function judgeFiles(files: string[], options: JudgeOptions, signal: AbortSignal): Promise<void> {
  const [fileA, fileB] = files;
  if (fileA === undefined || fileB === undefined || files.length > 2)
    throw new VerityError(
      'badInput',
      'Give two files, or --diff, --staged or --patch alone; three or more files are ranked.',
    );
  const [a, b] = await Promise.all([readCode(fileA), readCode(fileB)]);
  const language = options.language ?? languageOf(fileA);
  const conversation = await readConversation(options.conversation);
  const { instruction, votes } = options;
  const progress = new Progress();
  const judgment = await withJudge(
    options,
    (service) =>
      service.judge(
        { a, b, language, instruction, conversation, votes },
        { signal, onText: (order, text) => progress.text(order, text) },
      ),
    progress,
  );
  if (options.json) console.log(JSON.stringify(judgment));
  else printJudgment(judgment);
}

/** Turns as `[{"role": "user", "content": "…"}, …]`. */
export async function readConversation(file: string | undefined) {
  if (file === undefined) return undefined;
  try {
    return Conversation.parse(JSON.parse(await readCode(file)));
  } catch (error) {
    if (error instanceof VerityError) throw error;
    throw new VerityError(
      'badInput',
      `${file} is no conversation; it needs a JSON array of {"role": "user" or "assistant", "content": "…"} that ends with the user.`,
    );
  }
}

export async function readCode(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new VerityError(
      'badInput',
      `Cannot read ${file}: ${code === 'ENOENT' ? 'there is no such file' : code}.`,
    );
  });
  if (bytes.includes(0)) throw new VerityError('badInput', `${file} is a binary file; the judge reads text.`);
  return bytes.toString('utf8');
}
