/** A team works on a problem: who sees whose work, and what it cost. */
import type { Solution, TeamDefinition } from '../protocol/solution.ts';
import type { TokenModel } from '../runtime/token-model.ts';
import { allOrNone } from './all-or-none.ts';
import { type Cast, type Crew, type Task, type TeamHooks, visible, type Work } from './crew.ts';
import { LatentCrew } from './latent-crew.ts';
import { type Point, principalPlane } from './principal-plane.ts';
import { checkTeam } from './prompts.ts';
import { TextCrew } from './text-crew.ts';

export interface TeamRun {
  solution: Solution;
  /** What each agent thought with, in order. */
  vectors: Float32Array[][];
  /** What the reader of the answer should know. */
  cautions: string[];
}

/**
 * Solves a problem by a team, all of one model or each agent of its own. Everything it held is released when this settles.
 * @throws VerityError badInput (no agent hears of the problem), contextOverflow, busy (no room), badModel (latent
 *   vectors that cannot be thought on with, no chat template); the signal's reason, within one forward.
 */
export async function runTeam(
  models: TokenModel | Cast,
  name: string,
  team: TeamDefinition,
  task: Task,
  hooks: TeamHooks = {},
): Promise<TeamRun> {
  checkTeam(team);
  const cast = 'open' in models ? team.agents.map(() => models) : models;
  const started = performance.now();
  const works =
    team.handOver === 'text'
      ? await runCrew(new TextCrew(cast, team, task, hooks), team, hooks.signal)
      : await runCrew(await LatentCrew.open(cast, team, task, hooks), team, hooks.signal);
  const agents = works.map(({ report }) => report);
  return {
    solution: {
      team: name,
      answer: agents.at(-1)!.text.trim(),
      agents,
      trajectories: trajectories(works),
      outputTokens: total(agents.map(({ outputTokens }) => outputTokens)),
      forwardedTokens: total(works.map(({ forwarded }) => forwarded)),
      ms: performance.now() - started,
    },
    vectors: works.map(({ vectors }) => vectors),
    cautions: works.flatMap(({ caution = [] }) => caution),
  };
}

async function runCrew<Left extends Work>(
  crew: Crew<Left>,
  team: TeamDefinition,
  signal: AbortSignal | undefined,
): Promise<Work[]> {
  const last = team.agents.length - 1;
  let left: Left[] = [];
  try {
    if (team.layout === 'hierarchical') {
      const experts = [...Array(last).keys()].map(
        (agent) => (cancelled: AbortSignal) => crew.work(agent, [], cancelled),
      );
      left = await allOrNone(experts, signal);
    } else
      for (let agent = 0; agent < last; agent++)
        left.push(await crew.work(agent, visible(team, left), signal));
    return [...left, await crew.answer(last, visible(team, left), signal)];
  } finally {
    crew.release();
  }
}

/** All agents' vectors on one plane, apart again by agent. */
function trajectories(works: readonly Work[]): Point[][] {
  const points = principalPlane(works.flatMap(({ vectors }) => vectors));
  let at = 0;
  return works.map(({ vectors }) => points.slice(at, (at += vectors.length)));
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
