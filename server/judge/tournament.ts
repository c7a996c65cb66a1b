/** Who is compared with whom: everyone with everyone while that is cheap, else the winners with one another. */
import type { Match } from './bradley-terry.ts';

/** Two candidates by their places in the list. */
export type Pairing = [a: number, b: number];

export type Method = 'round robin' | 'knockout';

/** Up to here a round robin takes at most 15 comparisons; a knockout of more takes about as many as candidates. */
export const ROUND_ROBIN_UP_TO = 6;

export const methodFor = (candidates: number): Method =>
  candidates <= ROUND_ROBIN_UP_TO ? 'round robin' : 'knockout';

/** How many comparisons there will be, if each is decided. */
export const comparisonsOf = (candidates: number, method = methodFor(candidates)): number =>
  method === 'knockout' ? candidates - 1 : (candidates * (candidates - 1)) / 2;

/** The comparisons of one round; none when the tournament is over. */
export function nextRound(
  candidates: number,
  played: readonly Match[],
  method = methodFor(candidates),
): Pairing[] {
  const everyone = Array.from({ length: candidates }, (_, index) => index);
  if (method === 'knockout') return pairUp(survivors(everyone, played), played);
  return played.length > 0 ? [] : everyone.flatMap((a) => everyone.slice(a + 1).map((b): Pairing => [a, b]));
}

/** Only a decided comparison eliminates: who could not be told apart stays in. */
function survivors(everyone: number[], played: readonly Match[]): number[] {
  const losers = new Set(
    played.flatMap(({ a, b, result }) => (result === 'undecided' ? [] : result === 'A' ? b : a)),
  );
  return everyone.filter((candidate) => !losers.has(candidate));
}

/** Each with the next one it has not met. No two meet twice, so a tournament ends even if nothing is ever decided. */
function pairUp(candidates: number[], played: readonly Match[]): Pairing[] {
  const met = new Set(played.map(({ a, b }) => `${a} ${b}`));
  const free = [...candidates];
  const pairings: Pairing[] = [];
  for (let first = free.shift(); first !== undefined; first = free.shift()) {
    const place = free.findIndex((other) => !met.has(`${first} ${other}`));
    if (place >= 0) pairings.push([first, free.splice(place, 1)[0]!]);
  }
  return pairings;
}
