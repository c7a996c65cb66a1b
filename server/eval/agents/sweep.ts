/** Teams side by side on the same problems: accuracy, tokens, time, and what latent steps contribute. */
import type { Solution, TeamDefinition } from '../../protocol/solution.ts';
import { VerityError } from '../../runtime/errors.ts';
import { type Interval, mean, median, share, sum, wilson } from '../statistics.ts';
import { grade } from './grade.ts';
import type { Problem } from './tasks.ts';

/** The paper's means over its benchmarks: output tokens saved, and times as fast, against the text team. */
export const GOALS = { tokensSaved: 0.8, speedup: 4.3 };

/** A team at a number of latent steps; null where there are none to take. */
export interface Contestant {
  team: string;
  definition: TeamDefinition;
  latentSteps: number | null;
}

export interface Attempt {
  problem: string;
  answer: string;
  right: boolean;
  why?: string;
  outputTokens: number;
  forwardedTokens: number;
  ms: number;
}

export interface RunFigures {
  team: string;
  latentSteps: number | null;
  problems: number;
  right: number;
  accuracy: number;
  /** Wilson, 95 %. */
  interval: Interval;
  /** Problems that ended in an error, which count as wrong. */
  failed: number;
  /** Per problem. */
  outputTokens: number;
  forwardedTokens: number;
  meanMs: number;
  medianMs: number;
  attempts: Attempt[];
}

/** Every latent team at each number of steps, others once. */
export function contestants(
  teams: readonly { name: string; definition: TeamDefinition }[],
  latentSteps: readonly number[],
): Contestant[] {
  return teams.flatMap(({ name: team, definition }): Contestant[] => {
    const thinks = definition.handOver === 'latent' && definition.agents.length > 1;
    return thinks
      ? latentSteps.map((steps) => ({ team, definition, latentSteps: steps }))
      : [{ team, definition, latentSteps: null }];
  });
}

export interface SweepHooks {
  onAttempt?: (contestant: Contestant, attempt: Attempt) => void;
  signal?: AbortSignal | undefined;
}

/**
 * One contestant after the other, one problem after the other, so that times can be compared.
 * @param solve runs a team on a problem's text.
 * @throws the signal's reason, and what no other problem would fare better with (a dead worker, no such model).
 */
export async function sweep(
  list: readonly Contestant[],
  problems: readonly Problem[],
  solve: (contestant: Contestant, text: string) => Promise<Solution>,
  hooks: SweepHooks = {},
): Promise<RunFigures[]> {
  const runs: RunFigures[] = [];
  for (const contestant of list) {
    const attempts: Attempt[] = [];
    for (const problem of problems) {
      const attempt = await attemptAt(problem, () => solve(contestant, problem.text), hooks.signal);
      attempts.push(attempt);
      hooks.onAttempt?.(contestant, attempt);
    }
    runs.push(figuresOf(contestant, attempts));
  }
  return runs;
}

async function attemptAt(
  problem: Problem,
  solve: () => Promise<Solution>,
  signal: AbortSignal | undefined,
): Promise<Attempt> {
  try {
    const { answer: text, outputTokens, forwardedTokens, ms } = await solve();
    return {
      problem: problem.id,
      ...(await grade(problem, text, signal)),
      outputTokens,
      forwardedTokens,
      ms,
    };
  } catch (error) {
    // Too long for the context, or vectors that cannot be thought on with: this problem's own failure.
    const isOwn = error instanceof VerityError && ['contextOverflow', 'badModel'].includes(error.kind);
    if (!isOwn || signal?.aborted) throw error;
    const nothing = { answer: '', right: false, outputTokens: 0, forwardedTokens: 0, ms: 0 };
    return { problem: problem.id, ...nothing, why: `failed: ${error.message}` };
  }
}

function figuresOf({ team, latentSteps }: Contestant, attempts: Attempt[]): RunFigures {
  const done = attempts.filter(({ why = '' }) => !why.startsWith('failed: '));
  const right = attempts.filter(({ right: isRight }) => isRight).length;
  return {
    team,
    latentSteps,
    problems: attempts.length,
    right,
    accuracy: share(attempts, (attempt) => attempt.right),
    interval: wilson(
      share(attempts, (attempt) => attempt.right),
      attempts.length,
    ),
    failed: attempts.length - done.length,
    outputTokens: mean(done.map(({ outputTokens }) => outputTokens)),
    forwardedTokens: mean(done.map(({ forwardedTokens }) => forwardedTokens)),
    meanMs: mean(done.map(({ ms }) => ms)),
    medianMs: median(done.map(({ ms }) => ms)),
    attempts,
  };
}

export interface Beside {
  team: string;
  latentSteps: number | null;
  baseline: string;
  /** Accuracy minus the baseline's on the same problems, and its 95 % interval. */
  accuracyGained: number;
  interval: Interval;
  /** Share of the baseline's output tokens that were not written. */
  tokensSaved: number;
  /** The baseline's mean time over this one's. */
  speedup: number;
  /** Against the text team: the paper's goals, at no lower accuracy. */
  meetsGoals?: boolean;
}

/** Every run beside the single model and the text team, where they ran. */
export function beside(runs: readonly RunFigures[]): Beside[] {
  const baselines = runs.filter(({ team }) => team === 'single' || team === 'text');
  return runs.flatMap((run) =>
    baselines.filter((baseline) => baseline !== run).map((baseline) => against(run, baseline)),
  );
}

function against(run: RunFigures, baseline: RunFigures): Beside {
  const tokensSaved = baseline.outputTokens === 0 ? 0 : 1 - run.outputTokens / baseline.outputTokens;
  const speedup = run.meanMs === 0 ? 0 : baseline.meanMs / run.meanMs;
  const { difference, interval } = paired(run.attempts, baseline.attempts);
  const { team, latentSteps } = run;
  const figures = {
    team,
    latentSteps,
    baseline: baseline.team,
    accuracyGained: difference,
    interval,
    tokensSaved,
    speedup,
  };
  if (baseline.team !== 'text' || latentSteps === null) return figures;
  const meetsGoals = tokensSaved >= GOALS.tokensSaved && speedup >= GOALS.speedup && difference >= 0;
  return { ...figures, meetsGoals };
}

/** The mean difference of right answers over the same problems, with its normal 95 % interval. */
function paired(a: readonly Attempt[], b: readonly Attempt[]): { difference: number; interval: Interval } {
  const differences = a.map(({ right }, index) => Number(right) - Number(b[index]!.right));
  const difference = mean(differences);
  const variance =
    sum(differences.map((value) => (value - difference) ** 2)) / Math.max(1, differences.length - 1);
  const half = 1.96 * Math.sqrt(variance / Math.max(1, differences.length));
  return { difference, interval: [difference - half, difference + half] };
}

/** What latent steps contribute, by team, in a sentence: the best number of them against none, and which do harm. */
export function contributions(runs: readonly RunFigures[]): string[] {
  const teams = new Set(runs.filter(({ latentSteps }) => latentSteps !== null).map(({ team }) => team));
  return [...teams].flatMap((team) => {
    const own = runs.filter((run) => run.team === team);
    const none = own.find(({ latentSteps }) => latentSteps === 0);
    const others = own.filter((run) => run !== none);
    if (none === undefined || others.length === 0) return [];
    const best = others.reduce((most, run) => (run.accuracy > most.accuracy ? run : most));
    const harmful = others.filter((run) => paired(run.attempts, none.attempts).interval[1] < 0);
    return [contribution(team, none, best, harmful)];
  });
}

function contribution(team: string, none: RunFigures, best: RunFigures, harmful: RunFigures[]): string {
  const [low, high] = paired(best.attempts, none.attempts).interval;
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  const figures = `${percent(none.accuracy)} right without, ${percent(best.accuracy)} at the best number of steps (${best.latentSteps}), on ${none.problems} problems`;
  const steps = harmful.map(({ latentSteps }) => latentSteps).join(', ');
  const harm = harmful.length > 0 ? `; fewer are right than without at ${steps} steps` : '';
  if (low > 0) return `${team}: latent steps help: ${figures}${harm}.`;
  if (high < 0) return `${team}: latent steps do harm: ${figures}${harm}.`;
  return `${team}: latent steps contribute nothing that can be seen: ${figures}${harm}.`;
}
