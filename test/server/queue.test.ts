/** Requests wait for each other and can be cancelled at any time; each ends in one named outcome. */
import { LSPErrorCodes } from 'vscode-languageserver-protocol/node';
import { expect, it } from 'vitest';
import { Judgment } from '../../server/protocol/judgment.ts';
import { ErrorCode, reviewRequest } from '../../server/protocol/requests.ts';
import { endlessJudge } from './support/checkpoints.ts';
import { PAIR } from './support/code.ts';
import { Client, expectError, tokenOf } from './support/server.ts';

it('judges two requests one after the other, both alike', async () => {
  const client = await Client.start();
  const requests = [client.judge(PAIR), client.judge(PAIR)];
  await client.until(({ queue }) => queue.running === 1 && queue.waiting === 1);
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
  expect((await client.status()).model.restarts).toBe(0);
});

it('ends a waiting request at its cancellation while the other runs on', async () => {
  const client = await Client.start({ model: await endlessJudge() });
  const running = client.judge(PAIR);
  const waiting = client.judge(PAIR);
  await client.until(({ queue }) => queue.waiting === 1);
  waiting.cancel();
  await expectError(waiting.answer, LSPErrorCodes.RequestCancelled, /Cancelled/);
  expect((await client.status()).queue).toEqual({ running: 1, waiting: 0 });
  running.cancel();
  await expectError(running.answer, LSPErrorCodes.RequestCancelled, /Cancelled/);
  expect(await client.outcomes()).toEqual([
    'judge: cancelled while waiting',
    'judge: cancelled while running',
  ]);
});

it('ends a request at its cancellation while the model loads, and keeps the model', async () => {
  const client = await Client.start();
  const early = client.judge(PAIR);
  await client.until(({ model }) => model.state === 'loading');
  early.cancel();
  await expectError(early.answer, LSPErrorCodes.RequestCancelled, /Cancelled/);
  Judgment.parse(await client.judge(PAIR).answer);
  expect(await client.outcomes()).toEqual(['judge: cancelled while running', 'judge: answered']);
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
  await client.until(({ model }) => model.state === 'busy');
  cancellation.abort();
  await expectError(review, LSPErrorCodes.RequestCancelled, /Cancelled/);
  expect(await client.outcomes()).toEqual(['review: cancelled while running']);
});

it('refuses more requests than a person could wait for', async () => {
  const client = await Client.start({ model: await endlessJudge() });
  const requests = Array.from({ length: 34 }, () => client.judge(PAIR));
  await expectError(requests.at(-1)!.answer, ErrorCode.busy, /32 requests are waiting/);
  for (const { cancel } of requests) cancel();
  const endings = await Promise.allSettled(requests.map(({ answer }) => answer));
  expect(endings.every(({ status }) => status === 'rejected')).toBe(true);
  expect((await client.status()).queue).toEqual({ running: 0, waiting: 0 });
});
