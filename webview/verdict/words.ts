/** What the panel says, in words: kept apart from how it looks. */
import type { Judgment, OrderJudgment, Standing, Votes } from '../../server/protocol/judgment.ts';
import type { PanelEntry, PanelState } from '../../server/protocol/panel.ts';

export type Letter = 'A' | 'B';

export const percent = (share: number): string => `${Math.round(100 * share)} %`;

export const seconds = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;

/** How a card is marked. A change for the worse stands out, of two alternatives neither does. */
export type Mark = 'better' | 'worse' | 'chosen' | 'undecided';

export function markOf({ verdict }: Judgment, comparison: PanelEntry['comparison']): Mark {
  if (verdict === 'undecided') return 'undecided';
  if (comparison === 'alternatives') return 'chosen';
  return verdict === 'B' ? 'better' : 'worse';
}

/** The verdict in one sentence. */
export function headline({ verdict }: Judgment, { comparison, names }: PanelEntry): string {
  if (verdict === 'undecided') return 'Undecided';
  if (comparison === 'alternatives') return `${names[verdict]} is better`;
  return verdict === 'B' ? 'The change is better' : 'The previous version is better';
}

/** How sure the judge is of a verdict, and what that figure is. */
export function sureness({ verdict, confidence, calibration, orders }: Judgment): string {
  const cast = orders.flatMap(({ votes }) => votes ?? []);
  if (cast.length > 0 && verdict !== 'undecided') {
    const votes = cast.reduce((sum, counts) => sum + counts[verdict], 0);
    return `${votes} of ${cast.reduce((sum, counts) => sum + total(counts), 0)} votes`;
  }
  return `${percent(confidence)} sure${calibration === undefined ? ' (uncalibrated)' : ''}`;
}

const total = ({ A, B, none }: Votes): number => A + B + none;

/** Why there is no verdict: the most useful thing to know about it. */
export function whyUndecided({ orders }: Judgment): string {
  const invalid = orders.filter(({ verdict }) => verdict === null).length;
  if (invalid > 0 && orders.some(({ votes }) => votes !== undefined))
    return 'The samples of a reading have no majority, and Verity does not guess.';
  if (invalid === orders.length)
    return 'Neither reading ended in a valid verdict, and Verity does not guess.';
  if (invalid > 0) return 'One of the two readings ended without a valid verdict, and Verity does not guess.';
  const place = orders.every(({ order, verdict }) => order.startsWith(verdict!)) ? 'first' : 'second';
  return `Each time the judge preferred the version it read ${place}. That is a habit, not a reason, so it does not count.`;
}

/** One of the two readings: what was read first, and what came of it. */
export function readingResult(
  { verdict, confidence, votes }: OrderJudgment,
  names: PanelEntry['names'],
): string {
  if (votes !== undefined) {
    const none = votes.none > 0 ? `, ${votes.none} without a verdict` : '';
    return `${votes.A} votes for ${names.A}, ${votes.B} for ${names.B}${none}`;
  }
  return verdict === null ? 'no valid verdict' : `prefers ${names[verdict]}, ${percent(confidence)} sure`;
}

/** What a candidate's comparisons came to. */
export const record = ({ wins, losses, undecided }: Standing): string =>
  [`${wins} won`, `${losses} lost`, ...(undecided > 0 ? [`${undecided} undecided`] : [])].join(', ');

/** The line above the cards, which screen readers hear when it changes. */
export function statusLine({ phase, entries }: PanelState): string {
  const judged = entries.filter(({ judgment }) => judgment !== undefined);
  if (phase === 'running')
    return entries.length === 0
      ? 'Starting the judge…'
      : `Judging ${Math.min(judged.length + 1, entries.length)} of ${entries.length}…`;
  const of = judged.length < entries.length ? ` of ${entries.length}` : '';
  const total = `${judged.length}${of} judged`;
  const marks = judged.map(({ judgment, comparison }) => markOf(judgment!, comparison));
  const tally = (['better', 'worse', 'undecided'] as const)
    .map((mark) => [mark, marks.filter((one) => one === mark).length] as const)
    .filter(([, number]) => number > 0)
    .map(([mark, number]) => `${number} ${mark}`);
  if (phase === 'cancelled') return `Cancelled: ${total}`;
  return judged.length > 1 && tally.length > 0 ? `${total}: ${tally.join(', ')}` : total;
}
