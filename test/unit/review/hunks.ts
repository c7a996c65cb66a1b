/** Judged hunks for tests of what a review reports. */
import type { JudgedHunk } from '../../../server/protocol/judgment.ts';
import { judgment } from '../protocol/judgments.ts';

/** A hunk at line 14 of a file, found worse in both orders unless told otherwise. */
export function judgedHunk(more: Partial<JudgedHunk> = {}): JudgedHunk {
  return {
    file: 'src/page.ts',
    before: { startLine: 13, endLine: 14 },
    after: { startLine: 13, endLine: 15 },
    fingerprint: 'f'.repeat(32),
    judgment: judgment('A'),
    ...more,
  };
}

export const worse = judgedHunk();
export const unsure = judgedHunk({ judgment: { ...judgment('A'), confidence: 0.6 }, fingerprint: 'a' });
export const fine = judgedHunk({ judgment: judgment('B') });
export const undecided = judgedHunk({ judgment: judgment('A', 'B') });
export const silent = judgedHunk({ judgment: judgment(null) });
