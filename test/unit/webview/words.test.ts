/** What the verdict panel says. */
import { describe, expect, it } from 'vitest';
import type { PanelEntry, PanelState } from '../../../server/protocol/panel.ts';
import {
  headline,
  markOf,
  readingResult,
  seconds,
  statusLine,
  sureness,
  whyUndecided,
} from '../../../webview/verdict/words.ts';
import { judgment, reading } from '../protocol/judgments.ts';

const NAMES = { A: 'HEAD', B: 'working tree' };
const entry = (comparison: PanelEntry['comparison'], verdict?: 'A' | 'B' | null): PanelEntry => ({
  title: 'a.ts:1',
  names: NAMES,
  comparison,
  canOpen: true,
  written: { AB: '', BA: '' },
  ...(verdict === undefined ? {} : { judgment: judgment(verdict) }),
});

describe('a verdict', () => {
  it.each([
    ['change', 'A', 'worse', 'The previous version is better'],
    ['change', 'B', 'better', 'The change is better'],
    ['change', null, 'undecided', 'Undecided'],
    ['alternatives', 'A', 'chosen', 'HEAD is better'],
    ['alternatives', 'B', 'chosen', 'working tree is better'],
    ['alternatives', null, 'undecided', 'Undecided'],
  ] as const)('of a %s that prefers %s: %s, "%s"', (comparison, verdict, mark, sentence) => {
    expect(markOf(judgment(verdict), comparison)).toBe(mark);
    expect(headline(judgment(verdict), entry(comparison))).toBe(sentence);
  });

  it.each([
    ['A', 'B', /read first/],
    ['B', 'A', /read second/],
    ['A', null, /^One of the two readings/],
    [null, 'B', /^One of the two readings/],
    [null, null, /^Neither reading/],
  ] as const)('undecided by %s and %s says why', (first, second, why) => {
    expect(whyUndecided(judgment(first, second))).toMatch(why);
  });

  const calibration = { temperature: 2, judgments: 9, data: '', bins: [] };
  const votes = { A: 3, B: 1, none: 0 };
  it.each([
    ['without calibration', judgment('A'), '90 % sure (uncalibrated)'],
    ['calibrated', { ...judgment('A'), calibration }, '90 % sure'],
    ['by votes', judgment('A', 'A', { votes }), '6 of 8 votes'],
    ['by votes, for B', judgment('B', 'B', { votes: { A: 0, B: 2, none: 1 } }), '4 of 6 votes'],
  ])('%s says how sure the judge is', (_, given, words) => {
    expect(sureness(given)).toBe(words);
  });

  it('of sampled readings', () => {
    expect(readingResult(reading('AB', 'A', { votes }), NAMES)).toBe('3 votes for HEAD, 1 for working tree');
    expect(whyUndecided(judgment(null, 'A', { votes }))).toMatch(/no majority/);
  });

  it('of one reading', () => {
    expect(readingResult(reading('AB', 'B'), NAMES)).toBe('prefers working tree, 90 % sure');
    expect(readingResult(reading('BA', null), NAMES)).toBe('no valid verdict');
  });
});

describe('the status line', () => {
  const state = (
    phase: PanelState['phase'],
    ...verdicts: (Parameters<typeof entry>[1] | 'open')[]
  ): PanelState => ({
    phase,
    entries: verdicts.map((verdict) => entry('change', verdict === 'open' ? undefined : verdict)),
  });

  it.each([
    [state('running'), 'Starting the judge…'],
    [state('running', 'A', 'open'), 'Judging 2 of 2…'],
    [state('running', 'A', 'B'), 'Judging 2 of 2…'],
    [state('ended', 'A'), '1 judged'],
    [state('ended', 'A', 'B', null, 'B'), '4 judged: 2 better, 1 worse, 1 undecided'],
    [state('cancelled', 'B', 'open'), 'Cancelled: 1 of 2 judged'],
    [state('failed', 'open'), '0 of 1 judged'],
  ])('%#', (given, line) => {
    expect(statusLine(given)).toBe(line);
  });
});

it.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [1000, '1.0 s'],
  [61_240, '61.2 s'],
])('%d ms is told as %s', (ms, told) => {
  expect(seconds(ms)).toBe(told);
});
