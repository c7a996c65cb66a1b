/** Teams that solve problems as a service, behind LSP server and CLI alike. */
import type { z } from 'zod';
import { baselinesOf, compare } from '../agents/compare.ts';
import type { Cast, TeamHooks } from '../agents/crew.ts';
import { runTeam } from '../agents/run-team.ts';
import { TEAMS } from '../agents/teams.ts';
import { type ResolvedModel, resolveModel } from '../catalog/resolve.ts';
import type { Solution, SolveParams, SolveResult, TeamDefinition } from '../protocol/solution.ts';
import type { Priority } from '../runtime/engine/policy.ts';
import { VerityError } from '../runtime/errors.ts';
import type { TokenModel } from '../runtime/token-model.ts';
import type { ModelService } from './model-service.ts';
import type { Request } from './requests.ts';

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
      const { name, team } = chosen(params);
      const shared = await this.model();
      const own = await Promise.all(
        team.agents.map(async ({ model }) => (model === undefined ? shared : resolveModel('policy', model))),
      );
      return this.withModels([shared, ...own], request, async (loaded) => {
        const castOf = ({ agents }: TeamDefinition): Cast =>
          agents.map(({ model }, agent) => (model === undefined ? loaded[0]! : loaded[agent + 1]!));
        const run = (as: string, of: TeamDefinition, told: TeamHooks) =>
          runTeam(castOf(of), as, of, { ...params, priority }, told);
        const { solution, cautions } = await run(name, team, hooks);
        const baselines: Solution[] = [];
        for (const other of params.compare ? baselinesOf(name, team) : [])
          baselines.push((await run(other.name, other.team, { signal: hooks.signal })).solution);
        const caution = [...cautions, ...compare(solution, baselines)].join(' ');
        return { ...solution, model: shared.id, baselines, ...(caution !== '' && { caution }) };
      });
    });
  }

  /** Lends a request several models at once, equal ones as one, in the order they were asked for. */
  private withModels<Result>(
    asked: readonly ResolvedModel[],
    request: Request,
    task: (models: TokenModel[]) => Promise<Result>,
    lent: ReadonlyMap<string, TokenModel> = new Map(),
  ): Promise<Result> {
    const next = asked.find(({ directory }) => !lent.has(directory));
    if (next === undefined) return task(asked.map(({ directory }) => lent.get(directory)!));
    return this.models.use(next, request, async (model) =>
      this.withModels(asked, request, task, new Map([...lent, [next.directory, await model.tokens()]])),
    );
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
