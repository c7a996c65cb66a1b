/** `verity eval agents`: teams on problems whose answers are known. */
import { writeFile } from 'node:fs/promises';
import { TEAMS } from '../agents/teams.ts';
import { resolveSolver } from '../catalog/resolve.ts';
import { agentsEvaluationOf } from '../eval/agents/evaluation.ts';
import { canCutNetwork } from '../eval/agents/programs.ts';
import { agentsReportHtml } from '../eval/agents/report.ts';
import { contestants, type Contestant, type RunFigures, sweep } from '../eval/agents/sweep.ts';
import { type Problem, readProblems, type TaskFormat } from '../eval/agents/tasks.ts';
import { modelDigest } from '../eval/model-digest.ts';
import { readSource, type Source } from '../eval/source.ts';
import { SolveParams, type TeamName } from '../protocol/solution.ts';
import { VerityError } from '../runtime/errors.ts';
import { VERSION } from '../bundle.ts';
import { commandLine } from './command-line.ts';
import type { ModelOptions } from './models.ts';
import { printable } from './print.ts';
import { chooseTeam, withSolver } from './solve.ts';

export interface EvalAgentsOptions extends ModelOptions {
  data: string;
  format: TaskFormat;
  teams: string[];
  agents?: string;
  latentSteps: number[];
  maxNewTokens: number;
  temperature: number;
  seed: number;
  limit?: number;
  runPrograms?: boolean;
  out?: string;
  report?: string;
  json?: boolean;
}

export async function evaluateAgents(options: EvalAgentsOptions, signal: AbortSignal): Promise<void> {
  const { data, format, limit, out, report, maxNewTokens, temperature, seed } = options;
  refusePrograms(options);
  const startedAt = new Date();
  const source = await readSource(data);
  const problems = readProblems(format, source).slice(0, limit);
  const runs = await sweepAll(options, problems, signal);
  const evaluation = agentsEvaluationOf({
    verity: VERSION,
    command: commandLine(),
    startedAt: startedAt.toISOString(),
    model: await describeModel(options),
    ...describeData(data, source, format),
    problems: problems.length,
    settings: { maxNewTokens, temperature, seed },
    ...(options.runPrograms && format === 'mbpp' && { programsCutOff: canCutNetwork() }),
    runs,
  });
  if (out !== undefined) await write(out, `${JSON.stringify(evaluation, null, 2)}\n`);
  if (report !== undefined) await write(report, agentsReportHtml(evaluation));
  if (options.json) console.log(JSON.stringify(evaluation));
  else printRuns(runs, evaluation.findings);
}

function refusePrograms({ format, runPrograms }: EvalAgentsOptions): void {
  if (format === 'mbpp' && !runPrograms)
    throw new VerityError(
      'badInput',
      'These problems are answered by programs, which would have to be run to be checked: say --run-programs if you want that. ' +
        'They run with limits of time and memory, but are not walled off from your files.',
    );
}

async function sweepAll(
  options: EvalAgentsOptions,
  problems: Problem[],
  signal: AbortSignal,
): Promise<RunFigures[]> {
  const { teams, agents, latentSteps, maxNewTokens, temperature, seed } = options;
  const chosen = await Promise.all(teams.map((team) => chooseTeam({ team, ...(agents && { agents }) })));
  const list = contestants(
    chosen.map(({ name, definition }) => ({ name, definition: definition ?? TEAMS[name as TeamName] })),
    latentSteps,
  );
  const progress = new SweepProgress(problems.length);
  return withSolver(options, (service) => {
    const solve = ({ definition, latentSteps: steps }: Contestant, problem: string) =>
      service.solve(
        SolveParams.parse({
          problem,
          definition,
          latentSteps: steps ?? undefined,
          maxNewTokens,
          temperature,
          seed,
        }),
        { signal },
        'batch',
      );
    return sweep(list, problems, solve, {
      signal,
      onAttempt: (each, { right }) => progress.tried(each, right),
    });
  });
}

async function describeModel({ model, dtype = 'auto', device = 'auto' }: EvalAgentsOptions) {
  const { id, directory } = await resolveSolver(model['policy']);
  return { id, sha256: await modelDigest(directory), dtype, device };
}

const describeData = (data: string, { digest }: Source, format: TaskFormat) => ({
  data,
  dataSha256: digest,
  format,
});

/** A line per run on standard error. */
class SweepProgress {
  private readonly total: number;
  private done = 0;
  private right = 0;

  constructor(total: number) {
    this.total = total;
  }

  tried({ team, latentSteps }: Contestant, right: boolean): void {
    this.done++;
    if (right) this.right++;
    if (this.done < this.total) return;
    const steps = latentSteps === null ? '' : `, ${latentSteps} latent steps`;
    process.stderr.write(`${printable(team)}${steps}: ${this.right} of ${this.total} right\n`);
    this.done = this.right = 0;
  }
}

function printRuns(runs: readonly RunFigures[], findings: readonly string[]): void {
  for (const { team, latentSteps, accuracy, interval, outputTokens, meanMs, failed } of runs) {
    const [low, high] = interval.map((value) => (100 * value).toFixed(1));
    const steps = latentSteps === null ? '' : ` m=${latentSteps}`;
    console.log(
      `${printable(team)}${steps}: ${(100 * accuracy).toFixed(1)} % right (95 %: ${low} to ${high}), ` +
        `${outputTokens.toFixed(1)} output tokens, ${(meanMs / 1000).toFixed(2)} s${failed > 0 ? `, ${failed} failed` : ''}`,
    );
  }
  for (const finding of findings) console.log(finding);
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((error: unknown) => {
    throw new VerityError('badInput', `Cannot write ${file}: ${error instanceof Error ? error.message : ''}`);
  });
}
