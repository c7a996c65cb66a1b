/** `verity solve`: a problem for a team of agents. */
import { readFile } from 'node:fs/promises';
import { styleText } from 'node:util';
import { z } from 'zod';
import { TEAMS } from '../agents/teams.ts';
import { resolveSolver } from '../catalog/resolve.ts';
import {
  AgentsFile,
  type Solution,
  SolveParams,
  type SolveResult,
  type TeamDefinition,
  TeamName,
} from '../protocol/solution.ts';
import { VerityError } from '../runtime/errors.ts';
import { SolveService } from '../service/solve-service.ts';
import { type ModelOptions, withModels } from './models.ts';
import { printable } from './print.ts';

export interface SolveOptions extends ModelOptions {
  team: string;
  /** A JSON file of teams, like .verity/agents.json. */
  agents?: string;
  latentSteps?: number;
  maxNewTokens: number;
  temperature: number;
  seed: number;
  compare?: boolean;
  json?: boolean;
}

/** Solves the problem in a file, or on standard input for `-`. */
export async function solve(file: string, options: SolveOptions, signal: AbortSignal): Promise<void> {
  const problem = await readProblem(file);
  const { name, definition } = await chooseTeam(options);
  const { latentSteps, maxNewTokens, temperature, seed, compare = false } = options;
  const params = SolveParams.parse({
    problem,
    ...(definition === undefined ? { team: name } : { definition }),
    latentSteps,
    maxNewTokens,
    temperature,
    seed,
    compare,
  });
  const progress = new SolveProgress();
  const result = await withSolver(options, (service) =>
    service.solve(params, {
      signal,
      onAgent: (_, role) => progress.agent(role),
      onLatent: ({ step }) => progress.step(step),
      onText: (_, text) => progress.text(text),
    }),
  );
  const named = definition === undefined ? result : { ...result, team: name };
  if (options.json) console.log(JSON.stringify(named));
  else printSolution(named);
}

/** Runs with a solver in a worker of its own. */
export async function withSolver<Result>(
  options: ModelOptions,
  task: (service: SolveService) => Promise<Result>,
): Promise<Result> {
  const model = await resolveSolver(options.model['policy']);
  return withModels([model], options, (models) =>
    task(new SolveService(models, () => Promise.resolve(model))),
  );
}

async function readProblem(file: string): Promise<string> {
  if (file !== '-')
    return readFile(file, 'utf8').catch(() => {
      throw new VerityError('badInput', `Cannot read ${file}; name a text file, or - for standard input.`);
    });
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** A team of the file if one is named there, else a built-in one. @throws VerityError badInput */
export async function chooseTeam({
  team,
  agents: file,
}: Pick<SolveOptions, 'team' | 'agents'>): Promise<{ name: string; definition?: TeamDefinition }> {
  const own = file === undefined ? {} : await readTeams(file);
  const definition = own[team];
  if (definition !== undefined) return { name: team, definition };
  if (team in TEAMS) return { name: team };
  const known = [...Object.keys(own), ...TeamName.options].join(', ');
  throw new VerityError('badInput', `There is no team ${team}; there are ${known}.`);
}

async function readTeams(file: string): Promise<AgentsFile['teams']> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new VerityError('badInput', `Cannot read the teams in ${file}.`);
  });
  try {
    return AgentsFile.parse(JSON.parse(text)).teams;
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error).replaceAll('\n', ' ') : 'it is no JSON';
    throw new VerityError('badInput', `${file} holds no valid teams: ${why}`);
  }
}

/** On a terminal one line that is rewritten; elsewhere a line per agent. */
class SolveProgress {
  private role = '';
  private written = 0;
  private readonly live = process.stderr.isTTY;

  agent(role: string): void {
    [this.role, this.written] = [printable(role), 0];
    if (!this.live) process.stderr.write(`${this.role} works\n`);
  }

  step(step: number): void {
    this.show(`latent step ${step + 1}`);
  }

  text(delta: string): void {
    this.written += delta.length;
    this.show(`${this.written} characters`);
  }

  private show(what: string): void {
    if (this.live) process.stderr.write(`\r\x1b[K${this.role}: ${what}`);
  }
}

const dim = (text: string): string => styleText('dim', text, { stream: process.stdout });

function printSolution(result: SolveResult): void {
  console.log(printable(result.answer));
  for (const { role, latentSteps, outputTokens, memoryRead, ms } of result.agents)
    console.log(
      dim(
        `  ${printable(role)}: ${latentSteps} latent steps, ${outputTokens} tokens written, ` +
          `${memoryRead} positions of memory read, ${Math.round(ms)} ms`,
      ),
    );
  for (const run of [result, ...result.baselines]) console.log(dim(`  ${costLine(run)}`));
  if (result.caution !== undefined) console.log(printable(result.caution));
}

const costLine = ({ team, outputTokens, forwardedTokens, ms }: Solution): string =>
  `${printable(team)}: ${outputTokens} output tokens, ${forwardedTokens} positions evaluated, ${(ms / 1000).toFixed(2)} s`;
