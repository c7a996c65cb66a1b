/** `verity complete FILE`: a completion at a place, found by a search that steers away from unsafe code. */
import { resolveModel } from '../catalog/resolve.ts';
import { CompleteParams, type CompletionMethod } from '../protocol/completion.ts';
import { VerityError } from '../runtime/errors.ts';
import { type Completed, CompletionService } from '../service/completion-service.ts';
import { languageOf, readCode } from './judge.ts';
import { type ModelOptions, withModels } from './models.ts';
import { printCompletion, Progress } from './print.ts';

export interface CompleteOptions extends ModelOptions {
  /** Characters of the file before the place; all if left out. */
  offset?: number;
  method: CompletionMethod;
  budget: number;
  maxNewTokens?: number;
  seed?: number;
  timeLimit?: number;
  language?: string;
  json?: boolean;
}

/** Runs with a policy and its reward model in workers of their own. */
export async function withCompletion<Result>(
  options: ModelOptions,
  task: (service: CompletionService) => Promise<Result>,
  progress = new Progress(),
): Promise<Result> {
  const { policy, safety } = options.model;
  return withModels(
    [await resolveModel('policy', policy)],
    options,
    (models) => task(new CompletionService(models, { policy, safety })),
    progress,
  );
}

export async function completeFile(
  file: string,
  options: CompleteOptions,
  signal: AbortSignal,
): Promise<void> {
  const text = await readCode(file);
  const { offset = text.length, method, budget, maxNewTokens, seed, timeLimit, language } = options;
  if (offset > text.length)
    throw new VerityError(
      'badInput',
      `${file} has ${text.length} characters; give an offset up to that, not ${offset}.`,
    );
  const params = CompleteParams.parse({
    prefix: text.slice(0, offset),
    suffix: text.slice(offset),
    language: language ?? languageOf(file),
    ...{ method, budget, maxNewTokens, seed, timeLimitMs: timeLimit },
  });
  const progress = new Progress();
  const completed = await withCompletion(
    options,
    (service) => service.complete(params, { signal, onStep: ({ step }) => progress.step(step + 1) }),
    progress,
  );
  if (options.json) console.log(JSON.stringify(contract(completed)));
  else printCompletion(completed.result);
}

/** What scripts rely on. */
function contract({ result, tree }: Completed) {
  const { completions, counters, ...rest } = result;
  const [best] = completions;
  return {
    completion: best?.text ?? null,
    reward: best?.reward ?? null,
    isFinished: best?.isFinished ?? false,
    ...rest,
    stats: counters,
    completions,
    tree,
  };
}
