/** Teams by name: the built-in ones, and those that a user or a trusted workspace defines. */
import type { z } from 'zod';
import { AgentsFile, type TeamDefinition, TeamName } from '../../server/protocol/solution.ts';

export interface Team {
  name: string;
  description: string;
  /** Left out: one of the server's own. */
  definition?: z.output<typeof TeamDefinition>;
}

const BUILT_IN: Record<TeamName, string> = {
  sequential: 'planner, critic, refiner and solver, one after the other in latent space',
  hierarchical: 'three experts side by side in latent space, then one who sums up',
  text: 'the same agents, handing text over',
  single: 'one model, asked once',
};

/** A place that defines teams, and what it says. */
export interface TeamSource {
  /** As a message names it: `the setting verity.agents.teams`, `.verity/agents.json`. */
  place: string;
  /** What should be an AgentsFile. */
  content: unknown;
}

/** A later source's team takes the place of an earlier one's of that name, as on the command line; Verity's come first. */
export function teamsOf(sources: readonly TeamSource[]): { teams: Team[]; problems: string[] } {
  const teams = new Map<string, Team>(
    TeamName.options.map((name) => [name, { name, description: BUILT_IN[name] }]),
  );
  const problems: string[] = [];
  for (const { place, content } of sources) {
    const parsed = AgentsFile.safeParse(content);
    if (parsed.success)
      for (const [name, definition] of Object.entries(parsed.data.teams))
        teams.set(name, { name, definition, description: describe(definition) });
    else {
      const [issue] = parsed.error.issues;
      problems.push(`${place} defines no usable team: ${issue!.path.join('.')}: ${issue!.message}.`);
    }
  }
  return { teams: [...teams.values()], problems };
}

const describe = ({ agents, layout, handOver }: z.output<typeof TeamDefinition>): string =>
  `${agents.map(({ role }) => role).join(', ')} · ${layout}, ${handOver}`;
