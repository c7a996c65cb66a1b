/** Requests in hand: how many wait and run, and in which one way each ends. */
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../server/protocol/requests.ts';
import { VerityError } from '../../../server/runtime/errors.ts';
import { type Request, type RequestOptions, Requests } from '../../../server/service/requests.ts';

const options = (more: Partial<RequestOptions> = {}): RequestOptions => ({
  name: 'judge',
  priority: 'panel',
  ...more,
});

/** A request whose task ends when told to. */
function start(requests: Requests, more: Partial<RequestOptions> = {}) {
  let request!: Request;
  let answer!: (value: string) => void;
  let fail!: (error: unknown) => void;
  const result = requests.run(options(more), (given) => {
    request = given;
    return new Promise<string>((resolve, reject) => {
      answer = resolve;
      fail = reject;
    });
  });
  return { result, request, answer, fail };
}

describe('Requests', () => {
  it('lets all run at once, and counts each as waiting until a model begins with it', async () => {
    const requests = new Requests();
    const both = [start(requests), start(requests)];
    expect([requests.running, requests.waiting]).toEqual([0, 2]);
    both[1]!.request.begin();
    both[1]!.request.begin();
    expect([requests.running, requests.waiting]).toEqual([1, 1]);
    for (const { answer } of both) answer('done');
    expect(await Promise.all(both.map(({ result }) => result))).toEqual(['done', 'done']);
    expect([requests.running, requests.waiting]).toEqual([0, 0]);
  });

  it.each<[string, boolean, unknown, boolean, Partial<Outcome>]>([
    ['a refusal', true, new VerityError('busy', 'full'), false, { outcome: 'refused', reason: 'full' }],
    ['a failure', true, new Error('bug'), false, { outcome: 'failed', reason: 'bug' }],
    ['a cancellation before its work began', false, 'gone', true, { outcome: 'cancelled while waiting' }],
    ['a cancellation after that', true, 'gone', true, { outcome: 'cancelled while running' }],
  ])('names the outcome of %s and throws what was thrown', async (_, begins, error, aborts, expected) => {
    const told: Outcome[] = [];
    const requests = new Requests(undefined, (outcome) => told.push(outcome));
    const controller = new AbortController();
    const { result, request, fail } = start(requests, { signal: controller.signal });
    if (begins) request.begin();
    if (aborts) controller.abort(error);
    fail(error);
    await expect(result).rejects.toBe(error);
    expect(requests.outcomes).toMatchObject([{ request: 'judge', ...expected }]);
    expect(told).toEqual(requests.outcomes);
    expect(requests.waiting + requests.running).toBe(0);
  });

  it('does not begin with a request whose signal is aborted already', async () => {
    const requests = new Requests();
    let isStarted = false;
    const task = () => Promise.resolve((isStarted = true));
    const reason = new Error('too late');
    await expect(requests.run(options({ signal: AbortSignal.abort(reason) }), task)).rejects.toBe(reason);
    expect(isStarted).toBe(false);
    expect(requests.outcomes).toMatchObject([{ outcome: 'cancelled while waiting' }]);
  });

  it('tells of every change', async () => {
    const seen: string[] = [];
    const requests: Requests = new Requests(() => seen.push(`${requests.running}/${requests.waiting}`));
    const { result, request, answer } = start(requests);
    request.begin();
    answer('done');
    await result;
    expect(seen).toEqual(['0/1', '1/0', '0/0']);
  });
});
