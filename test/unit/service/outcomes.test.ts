/** How requests ended: named, in order, a bounded number of them. */
import { describe, expect, it } from 'vitest';
import { Outcome } from '../../../server/protocol/requests.ts';
import { VerityError } from '../../../server/runtime/errors.ts';
import { failureOutcome, OutcomeLog } from '../../../server/service/outcomes.ts';

describe('OutcomeLog', () => {
  it('keeps what the protocol calls an outcome, with a reason where there is one', () => {
    const log = new OutcomeLog();
    log.record('judge', performance.now() - 5, 'answered');
    log.record('review', performance.now(), 'failed', 'out of memory');
    for (const entry of log.latest) expect(Outcome.parse(entry)).toEqual(entry);
    expect(log.latest).toMatchObject([
      { request: 'judge', outcome: 'answered' },
      { request: 'review', outcome: 'failed', reason: 'out of memory' },
    ]);
    expect(log.latest[0]).not.toHaveProperty('reason');
    expect(log.latest[0]!.ms).toBeGreaterThanOrEqual(5);
  });

  it('keeps the latest fifty', () => {
    const log = new OutcomeLog();
    for (let index = 0; index < 60; index++) log.record(`${index}`, 0, 'answered');
    expect(log.latest.map(({ request }) => request)).toEqual(
      Array.from({ length: 50 }, (_, index) => `${index + 10}`),
    );
  });

  it('hands out copies', () => {
    const log = new OutcomeLog();
    log.latest.push({ request: 'x', outcome: 'answered', at: '', ms: 0 });
    expect(log.latest).toEqual([]);
  });
});

describe('failureOutcome', () => {
  it.each([
    ['refused', new VerityError('badInput', 'x')],
    ['refused', new VerityError('busy', 'x')],
    ['refused', new VerityError('badModel', 'x')],
    ['refused', new VerityError('contextOverflow', 'x')],
    ['failed', new VerityError('workerDied', 'x')],
    ['failed', new Error('x')],
    ['failed', 'x'],
  ] as const)('%s: %s', (outcome, error) => {
    expect(failureOutcome(error)).toBe(outcome);
  });
});
