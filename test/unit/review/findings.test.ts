/** A review shows only what both orders agree is worse, and counts the rest in one line. */
import { describe, expect, it } from 'vitest';
import { assess, findingsOf, severityOf, summaryLine } from '../../../server/review/findings.ts';
import { judgedHunk, fine, silent, undecided, unsure, worse } from './hunks.ts';

const all = [worse, unsure, fine, undecided, silent];

describe('a finding', () => {
  it('is what both orders found worse, nothing else', () => {
    expect(findingsOf(all)).toEqual([worse, unsure]);
  });

  it('is at least as sure as asked for: the bound itself is enough', () => {
    expect(findingsOf(all, { minConfidence: 0.61 })).toEqual([worse]);
    expect(findingsOf(all, { minConfidence: 0.6 })).toEqual([worse, unsure]);
    expect(assess(unsure, { minConfidence: 0.61 })).toBe('undecided');
    expect(assess(fine, { minConfidence: 0.95 })).toBe('undecided');
  });

  it('does not come back once dismissed, wherever its content turns up', () => {
    const threshold = { isDismissed: (print: string) => print === worse.fingerprint };
    const elsewhere = judgedHunk({ file: 'other.ts', after: { startLine: 0, endLine: 2 } });
    expect(findingsOf([worse, elsewhere, unsure], threshold)).toEqual([unsure]);
    expect(assess(fine, threshold)).toBe('fine');
  });

  it('is a warning where the judge is sure, else a note', () => {
    expect(severityOf(worse.judgment)).toBe('warning');
    expect(severityOf({ ...worse.judgment, confidence: 0.8 })).toBe('warning');
    expect(severityOf(unsure.judgment)).toBe('note');
  });
});

describe('the summary', () => {
  it.each([
    [[], undefined, 'Nothing has changed that could be judged.'],
    [[worse], undefined, '1 hunk: 1 finding'],
    [[fine], undefined, '1 hunk: no findings, 1 fine'],
    [all, undefined, '5 hunks: 2 findings, 1 fine, 2 undecided'],
    [all, { minConfidence: 0.7 }, '5 hunks: 1 finding, 1 fine, 3 undecided'],
    [all, { isDismissed: () => true }, '5 hunks: no findings, 1 fine, 2 undecided, 2 dismissed'],
  ])('%#', (hunks, threshold, line) => {
    expect(summaryLine(hunks, threshold)).toBe(line);
  });
});
