/** Requests run at once or wait, and can be cancelled at any time; each ends in one named outcome. */
import { LSPErrorCodes } from 'vscode-languageserver-protocol/node';
import { expect, it } from 'vitest';
import { Judgment } from '../../server/protocol/judgment.ts';
import { ErrorCode, reviewRequest } from '../../server/protocol/requests.ts';
import { endlessJudge } from './support/checkpoints.ts';
import { PAIR } from './support/code.ts';
import { Client, expectError, type Judging, tokenOf } from './support/server.ts';

/** As many judgments as the scheduler works on at once, each being two of its 16 requests that a person waits for. */
const AT_ONCE = 8;

/** Endless judgments that take every seat. */
async function fill(client: Client): Promise<Judging[]> {
  const running = Array.from({ length: AT_ONCE }, () => client.judge(PAIR));
  await client.until(({ queue }) => queue.running === AT_ONCE);
  return running;
}

it('judges two requests at once, both alike', async () => {
  const client = await Client.start();
  const requests = [client.judge(PAIR), client.judge(PAIR)];
  await client.until(({ queue }) => queue.running === 2 && queue.waiting === 0);
  const judgments = await Promise.all(requests.map(({ answer }) => answer));
  const [first, second] = judgments.map((judgment) => Judgment.parse(judgment).orders);
  // The second finds more in the cache, so its numbers may be rounded otherwise; what it says may not differ.
  expect(second!.map(({ raw }) => raw)).toEqual(first!.map(({ raw }) => raw));
  for (const [index, { confidence }] of second!.entries())
    expect(confidence).toBeCloseTo(first![index]!.confidence, 4);
  expect(await client.outcomes()).toEqual(['judge: answered', 'judge: answered']);
});

it('ends a running request at its cancellation; the next one is judged', async () => {
  const client = await Client.start();
  const running = client.judge(PAIR);
  await running.written;
  running.cancel();
  await expectError(running.answer, LSPErrorCodes.RequestCancelled, /Cancelled/);
  Judgment.parse(await client.judge(PAIR).answer);
  expect(await client.outcomes()).toEqual(['judge: cancelled while running', 'judge: answered']);
  expect((await client.status()).models[0].deaths).toBe(0);
});

it('ends a waiting request at its cancellation while the others run on', async () => {
  const client = await Client.start({ model: await endlessJudge() });
  const running = await fill(client);
  const waiting = client.judge(PAIR);
  const { models } = await client.until(
    ({ queue, models: [model] }) => queue.waiting === 1 && model.requests?.waiting === 2,
  );
  expect(models[0].requests).toEqual({ running: 2 * AT_ONCE, waiting: 2 });
  waiting.cancel();
  await expectError(waiting.answer, LSPErrorCodes.RequestCancelled, /Cancelled/);
  expect((await client.status()).queue).toEqual({ running: AT_ONCE, waiting: 0 });
  for (const { cancel } of running) cancel();
  for (const { answer } of running) await expectError(answer, LSPErrorCodes.RequestCancelled, /Cancelled/);
  expect(await client.outcomes()).toEqual([
    'judge: cancelled while waiting',
    ...running.map(() => 'judge: cancelled while running'),
  ]);
});

it('begins with a waiting request when one of the running ends', async () => {
  const client = await Client.start({ model: await endlessJudge() });
  const [first, ...others] = await fill(client);
  const waiting = client.judge(PAIR);
  await client.until(({ queue }) => queue.waiting === 1);
  first!.cancel();
  await client.until(({ queue }) => queue.running === AT_ONCE && queue.waiting === 0);
  for (const { cancel } of [...others, waiting]) cancel();
  await Promise.allSettled([first!, ...others, waiting].map(({ answer }) => answer));
  expect((await client.outcomes()).every((outcome) => outcome === 'judge: cancelled while running')).toBe(
    true,
  );
});

it('ends a request at its cancellation while the model loads, and keeps the model', async () => {
  const client = await Client.start();
  const early = client.judge(PAIR);
  await client.until(({ models: [model] }) => model.state === 'loading');
  early.cancel();
  await expectError(early.answer, LSPErrorCodes.RequestCancelled, /Cancelled/);
  Judgment.parse(await client.judge(PAIR).answer);
  expect(await client.outcomes()).toEqual(['judge: cancelled while waiting', 'judge: answered']);
});

it('ends a request that is cancelled in the same breath', async () => {
  const client = await Client.start();
  const request = client.judge(PAIR);
  request.cancel();
  await expectError(request.answer, LSPErrorCodes.RequestCancelled, /Cancelled/);
  expect((await client.outcomes()).every((outcome) => outcome.startsWith('judge: cancelled'))).toBe(true);
});

it('ends a review at its cancellation', async () => {
  const client = await Client.start({ model: await endlessJudge() });
  const files = [{ file: 'a.ts', before: PAIR.a, after: PAIR.b }];
  const cancellation = new AbortController();
  const review = client.connection.sendRequest(reviewRequest, { files }, tokenOf(cancellation.signal));
  await client.until(({ queue }) => queue.running === 1);
  cancellation.abort();
  await expectError(review, LSPErrorCodes.RequestCancelled, /Cancelled/);
  expect(await client.outcomes()).toEqual(['review: cancelled while running']);
});

it('refuses more requests than a person could wait for', async () => {
  const client = await Client.start({ model: await endlessJudge() });
  const requests = [...(await fill(client)), ...Array.from({ length: 33 }, () => client.judge(PAIR))];
  await expectError(requests.at(-1)!.answer, ErrorCode.busy, /64 requests are waiting/);
  for (const { cancel } of requests) cancel();
  const endings = await Promise.allSettled(requests.map(({ answer }) => answer));
  expect(endings.every(({ status }) => status === 'rejected')).toBe(true);
  expect((await client.status()).queue).toEqual({ running: 0, waiting: 0 });
});
