/** voting@k (RM-R1's test-time scaling): several samples, one verdict. */
import type { Votes } from '../protocol/judgment.ts';

export type Letter = 'A' | 'B';

/** The verdict that more samples have than the other; null for a tie. Samples without one count for neither. */
export function majority(verdicts: readonly (Letter | null)[]): { verdict: Letter | null; counts: Votes } {
  const count = (wanted: Letter | null) => verdicts.filter((verdict) => verdict === wanted).length;
  const counts = { A: count('A'), B: count('B'), none: count(null) };
  if (counts.A === counts.B) return { verdict: null, counts };
  return { verdict: counts.A > counts.B ? 'A' : 'B', counts };
}
