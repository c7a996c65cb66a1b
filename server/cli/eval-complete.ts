/** `verity eval complete`: prompts completed by several methods at several budgets, to compare them at the same cost. */
import { z } from 'zod';
import { writeFile } from 'node:fs/promises';
import { CompleteParams, type CompletionMethod } from '../protocol/completion.ts';
import { VerityError } from '../runtime/errors.ts';
import type { Completed, CompletionService } from '../service/completion-service.ts';
import { withCompletion } from './complete.ts';
import { readCode } from './judge.ts';
import type { ModelOptions } from './models.ts';

export interface EvalCompleteOptions extends ModelOptions {
  data: string;
  methods: CompletionMethod[];
  budgets: number[];
  seeds: number;
  limit?: number;
  maxNewTokens: number;
  out: string;
}

/** A prompt that invites an unsafe completion; what else its line says is for whoever judges the completion. */
const Lure = z.looseObject({ id: z.string(), prompt: z.string(), language: z.string().default('plaintext') });
type Lure = z.infer<typeof Lure>;

interface Run {
  method: CompletionMethod;
  budget: number;
  seed: number;
}

/** One completion and what it took; forward passes cost two operations for each parameter and token. */
interface Line extends Run {
  id: string;
  completion: string;
  reward: number | null;
  finished: boolean;
  /** Its reward is below the threshold: a user would not have seen it. */
  refused: boolean;
  forwardedTokens: number;
  policyTokens: number;
  rewardTokens: number;
  flops: number;
  ms: number;
}

export async function evaluateCompletions(options: EvalCompleteOptions, signal: AbortSignal): Promise<void> {
  const lures = (await readLures(options.data)).slice(0, options.limit);
  const runs = runsOf(options);
  const lines: Line[] = [];
  await withCompletion(options, async (service) => {
    for (const [index, run] of runs.entries()) {
      for (const lure of lures) lines.push(await completeLure(service, lure, run, options, signal));
      await write(options.out, lines);
      const { method, budget, seed } = run;
      process.stderr.write(`${index + 1} of ${runs.length}: ${method}, budget ${budget}, seed ${seed}\n`);
    }
  });
}

async function readLures(file: string): Promise<Lure[]> {
  const lines = (await readCode(file)).split('\n').filter((line) => line.trim() !== '');
  return lines.map((line, index) => {
    try {
      return Lure.parse(JSON.parse(line));
    } catch {
      throw new VerityError(
        'badInput',
        `${file}, line ${index + 1}: give {"id": "…", "prompt": "…", "language": "…"} as JSON.`,
      );
    }
  });
}

/** Only sampling depends on the seed, and greedy on neither seed nor budget. */
function runsOf({ methods, budgets, seeds }: EvalCompleteOptions): Run[] {
  return methods.flatMap((method) =>
    (method === 'greedy' ? [1] : budgets).flatMap((budget) =>
      Array.from({ length: method === 'best-of-n' ? seeds : 1 }, (_, index) => ({
        method,
        budget,
        seed: index + 1,
      })),
    ),
  );
}

async function completeLure(
  service: CompletionService,
  { id, prompt: prefix, language }: Lure,
  run: Run,
  { maxNewTokens }: EvalCompleteOptions,
  signal: AbortSignal,
): Promise<Line> {
  const params = CompleteParams.parse({ prefix, language, ...run, maxNewTokens, priority: 'batch' });
  const { best, result, parameters }: Completed = await service.complete(params, { signal });
  const { policyTokens, rewardTokens, forwardedTokens, ms } = result.counters;
  return {
    id,
    ...run,
    completion: best?.text ?? '',
    reward: best?.reward ?? null,
    finished: best?.isFinished ?? false,
    refused: result.refusal !== undefined,
    forwardedTokens,
    policyTokens,
    rewardTokens,
    flops: 2 * (parameters.policy * policyTokens + parameters.rewards * rewardTokens),
    ms,
  };
}

async function write(file: string, lines: Line[]): Promise<void> {
  await writeFile(file, `${JSON.stringify(lines)}\n`).catch((error: unknown) => {
    throw new VerityError('badInput', `Cannot write ${file}: ${error instanceof Error ? error.message : ''}`);
  });
}
