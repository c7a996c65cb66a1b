/** Teams that solve problems as a service, behind LSP server and CLI alike. */
import type { z } from 'zod';
import { baselinesOf, compare } from '../agents/compare.ts';
import type { Task, TeamHooks } from '../agents/crew.ts';
import { runTeam } from '../agents/run-team.ts';
import { TEAMS } from '../agents/teams.ts';
import type { ResolvedModel } from '../catalog/resolve.ts';
import type { Solution, SolveParams, SolveResult, TeamDefinition } from '../protocol/solution.ts';
import type { Priority } from '../runtime/engine/policy.ts';
import { VerityError } from '../runtime/errors.ts';
import type { ModelService } from './model-service.ts';

/** No selection that a person asks about is longer; the model's context is shorter in any case. */
const MAX_CHARACTERS = 200_000;

type Params = z.output<typeof SolveParams>;

export class SolveService {
  private readonly models: ModelService;
  private readonly model: () => Promise<ResolvedModel>;

  /** @param model finds the model when a problem is asked for; it throws what a user can act on. */
  constructor(models: ModelService, model: () => Promise<ResolvedModel>) {
    this.models = models;
    this.model = model;
  }

  /**
   * @param priority batch where no person waits for this one solution.
   * @throws VerityError, or the signal's reason; everything the agents held is released then.
   */
  solve(params: Params, hooks: TeamHooks = {}, priority: Priority = 'panel'): Promise<SolveResult> {
    return this.models.run({ name: 'solve', priority, signal: hooks.signal }, async (request) => {
      refuseProblem(params.problem);
      const resolved = await this.model();
      return this.models.use(resolved, request, async (model) => {
        const tokens = await model.tokens();
        const task: Task = { ...params, priority };
        const { name, team } = chosen(params);
        const { solution, cautions } = await runTeam(tokens, name, team, task, hooks);
        const baselines: Solution[] = [];
        for (const other of params.compare ? baselinesOf(name, team) : [])
          baselines.push(
            (await runTeam(tokens, other.name, other.team, task, { signal: hooks.signal })).solution,
          );
        const caution = [...cautions, ...compare(solution, baselines)].join(' ');
        return { ...solution, model: model.info.id, baselines, ...(caution !== '' && { caution }) };
      });
    });
  }
}

function chosen({ team, definition }: Params): { name: string; team: TeamDefinition } {
  return definition === undefined ? { name: team, team: TEAMS[team] } : { name: 'custom', team: definition };
}

function refuseProblem(problem: string): void {
  if (problem.trim() === '')
    throw new VerityError('badInput', 'The problem is empty; say what is to be solved.');
  if (problem.length > MAX_CHARACTERS)
    throw new VerityError(
      'badInput',
      `The problem has ${problem.length} characters; Verity takes up to ${MAX_CHARACTERS}.`,
    );
}
