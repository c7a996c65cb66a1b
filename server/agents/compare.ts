/**
 * A team's run beside its baselines, in words. Published gains of latent teams were not found again by many who tried
 * (8B on AIME24: single model 83 %, latent team 23 %; LatentMAS issues 8, 20, 22, 38), so a run that does not beat the
 * single model says so.
 */
import type { Solution, TeamDefinition } from '../protocol/solution.ts';
import { finalAnswer, sameAnswer } from './answers.ts';
import { inText, SINGLE } from './teams.ts';

/** What a run is compared with: the single model, and the same agents handing over text. */
export function baselinesOf(name: string, team: TeamDefinition): { name: string; team: TeamDefinition }[] {
  const others =
    team.handOver === 'text' || team.agents.length === 1 ? [] : [{ name: 'text', team: inText(team) }];
  return name === 'single' ? [] : [{ name: 'single', team: SINGLE }, ...others];
}

/** Sentences on what the run is worth beside its baselines. */
export function compare(run: Solution, baselines: readonly Solution[]): string[] {
  const find = (name: string) => baselines.find(({ team }) => team === name);
  const [single, text] = [find('single'), find('text')];
  return [...(single ? [besideSingle(run, single)] : []), ...(text ? besideText(run, text) : [])];
}

function besideSingle(run: Solution, single: Solution): string {
  if (!sameAnswer(finalAnswer(run.answer), finalAnswer(single.answer)))
    return 'The single model gives another answer, and nothing here tells which of the two is right.';
  const saves = run.outputTokens < single.outputTokens && run.ms < single.ms;
  return saves
    ? `The single model gives the same answer, for more: ${cost(single)} against ${cost(run)}.`
    : `The single model gives the same answer, so the team gained nothing here: ${cost(single)} alone, ${cost(run)} as a team.`;
}

function besideText(run: Solution, text: Solution): string[] {
  if (run.outputTokens < text.outputTokens && run.ms < text.ms) return [];
  return [
    `It saved nothing against agents that hand over text: they took ${cost(text)}, this run ${cost(run)}.`,
  ];
}

const cost = ({ outputTokens, ms }: Solution): string =>
  `${outputTokens} output tokens and ${(ms / 1000).toFixed(1)} s`;
