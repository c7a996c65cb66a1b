/**
 * What a review reports. Reviewers that comment on everything get switched off, so a finding is only what both
 * readings agree on: the version after (B) is worse. All the rest is counted in one line.
 */
import type { JudgedHunk, Judgment } from '../protocol/judgment.ts';

export type Severity = 'warning' | 'note';

/** From this confidence on a finding is a warning. */
const WARNING_CONFIDENCE = 0.8;

export const severityOf = ({ confidence }: Judgment): Severity =>
  confidence >= WARNING_CONFIDENCE ? 'warning' : 'note';

/** What a review says of a hunk. `dismissed`: the user has seen this very finding before and dismissed it. */
export type Assessment = 'finding' | 'fine' | 'undecided' | 'dismissed';

export interface Threshold {
  /** Verdicts the judge is less sure of decide nothing. */
  minConfidence?: number | undefined;
  isDismissed?: ((fingerprint: string) => boolean) | undefined;
}

export function assess(hunk: JudgedHunk, { minConfidence = 0, isDismissed }: Threshold = {}): Assessment {
  const { verdict, confidence } = hunk.judgment;
  if (verdict === 'undecided' || confidence < minConfidence) return 'undecided';
  if (verdict === 'B') return 'fine';
  return isDismissed?.(hunk.fingerprint) === true ? 'dismissed' : 'finding';
}

export const findingsOf = (hunks: readonly JudgedHunk[], threshold?: Threshold): JudgedHunk[] =>
  hunks.filter((hunk) => assess(hunk, threshold) === 'finding');

/** The whole review in one line: `7 hunks: 1 finding, 4 fine, 2 undecided`. */
export function summaryLine(hunks: readonly JudgedHunk[], threshold?: Threshold): string {
  if (hunks.length === 0) return 'Nothing has changed that could be judged.';
  const counts = { finding: 0, fine: 0, undecided: 0, dismissed: 0 };
  for (const hunk of hunks) counts[assess(hunk, threshold)]++;
  const parts = [
    counts.finding === 0 ? 'no findings' : plural(counts.finding, 'finding'),
    ...(['fine', 'undecided', 'dismissed'] as const)
      .filter((kind) => counts[kind] > 0)
      .map((kind) => `${counts[kind]} ${kind}`),
  ];
  return `${plural(hunks.length, 'hunk')}: ${parts.join(', ')}`;
}

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

export const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** The verdict on a change in one line. */
export function headline({ verdict, confidence, orders }: Judgment): string {
  if (verdict === 'undecided')
    return orders.some((order) => order.verdict === null)
      ? 'Undecided: a reading ended without a valid verdict'
      : 'Undecided: the two orders disagree';
  const preferred = verdict === 'A' ? 'The previous version is better' : 'The change is better';
  return `${preferred} · ${percent(confidence)} · both orders agree`;
}
