/** Ranks N candidates by pairwise judgments, each in both orders, and a Bradley–Terry fit over them. */
import type { Comparison, Order, Ranking, Standing, Turn } from '../protocol/judgment.ts';
import { VerityError } from '../runtime/errors.ts';
import type { LanguageModel } from '../runtime/language-model.ts';
import { bradleyTerry, interval95, type Match } from './bradley-terry.ts';
import { judgePair, sameCode } from './judge.ts';
import type { PromptFamily } from './prompts/family.ts';
import { comparisonsOf, methodFor, nextRound, type Pairing } from './tournament.ts';

export interface Candidate {
  name: string;
  text: string;
}

export interface RankTask {
  candidates: readonly Candidate[];
  /** VS Code language id. */
  language: string;
  instruction?: string | undefined;
  conversation?: readonly Turn[] | undefined;
}

export interface RankOptions {
  votes?: number | undefined;
  /** A comparison begins: its number from 0, and how many there will be if none is undecided. */
  onCompare?: (index: number, total: number, pairing: Pairing) => void;
  onText?: (order: Order, delta: string) => void;
  onCompared?: (comparison: Comparison) => void;
  signal?: AbortSignal | undefined;
}

/** @throws VerityError badInput if two candidates do not differ, and what `judgePair` throws. */
export async function rankCandidates(
  model: LanguageModel,
  family: PromptFamily,
  { candidates, ...task }: RankTask,
  options: RankOptions = {},
): Promise<Ranking> {
  refuseTwins(candidates);
  const { votes, onText, signal } = options;
  const comparisons: Comparison[] = [];
  const matches: Match[] = [];
  const total = comparisonsOf(candidates.length);
  let round = nextRound(candidates.length, []);
  while (round.length > 0) {
    for (const [a, b] of round) {
      signal?.throwIfAborted();
      options.onCompare?.(comparisons.length, Math.max(total, comparisons.length + 1), [a, b]);
      const pair = { ...task, a: candidates[a]!.text, b: candidates[b]!.text };
      const judgment = await judgePair(model, family, pair, { votes, signal, ...(onText && { onText }) });
      comparisons.push({ a, b, judgment });
      matches.push({ a, b, result: judgment.verdict });
      options.onCompared?.(comparisons.at(-1)!);
    }
    round = nextRound(candidates.length, matches);
  }
  return {
    ranking: standings(candidates, matches),
    comparisons,
    method: methodFor(candidates.length),
    model: model.info.id,
  };
}

function refuseTwins(candidates: readonly Candidate[]): void {
  if (candidates.length < 2) throw new VerityError('badInput', 'Give at least two candidates to rank.');
  for (const [index, { name, text }] of candidates.entries()) {
    const twin = candidates.slice(index + 1).find((other) => sameCode({ a: text, b: other.text }));
    if (twin !== undefined)
      throw new VerityError('badInput', `${name} and ${twin.name} do not differ; leave one of them out.`);
  }
}

/** Strongest first; equals as they were given. */
function standings(candidates: readonly Candidate[], matches: readonly Match[]): Standing[] {
  const fitted = bradleyTerry(candidates.length, matches);
  const standing = ({ name }: Candidate, index: number): Standing => {
    const own = matches.filter(({ a, b }) => a === index || b === index);
    const wins = own.filter(({ a, result }) => result === (a === index ? 'A' : 'B')).length;
    const undecided = own.filter(({ result }) => result === 'undecided').length;
    return {
      candidate: name,
      index,
      strength: fitted[index]!.strength,
      interval: interval95(fitted[index]!),
      wins,
      losses: own.length - wins - undecided,
      undecided,
    };
  };
  // Equal strengths differ in their last digits.
  const rounded = ({ strength }: Standing) => Math.round(1e9 * strength);
  return candidates.map(standing).sort((one, two) => rounded(two) - rounded(one));
}
