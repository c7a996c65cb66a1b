/** The model's process is killed from outside: one request fails and says so, the server goes on, but not for ever. */
import { expect, it } from 'vitest';
import { Judgment } from '../../server/protocol/judgment.ts';
import { ErrorCode } from '../../server/protocol/requests.ts';
import { endlessJudge } from './support/checkpoints.ts';
import { PAIR } from './support/code.ts';
import { Client, expectError } from './support/server.ts';

async function killWorker(client: Client): Promise<void> {
  process.kill(await client.family.worker(client.pid), 'SIGKILL');
}

it('fails the running requests and begins with the waiting one in a new process', async () => {
  const client = await Client.start({ model: await endlessJudge() });
  const running = Array.from({ length: 8 }, () => client.judge(PAIR));
  await client.until(({ queue }) => queue.running === running.length);
  const waiting = client.judge(PAIR);
  await client.until(({ queue }) => queue.waiting === 1);
  await killWorker(client);
  for (const { answer } of running)
    await expectError(answer, ErrorCode.workerDied, /process ended \(signal SIGKILL\).*ask again/);
  await waiting.written;
  const { models, outcomes, queue } = await client.status();
  expect([models[0], queue]).toMatchObject([
    { state: 'busy', deaths: 1 },
    { running: 1, waiting: 0 },
  ]);
  for (const outcome of outcomes)
    expect(outcome).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('SIGKILL') as string,
    });
  waiting.cancel();
  await Promise.allSettled([waiting.answer]);
});

it('starts a new process for the next request when the idle one was killed', async () => {
  const client = await Client.start();
  await client.judge(PAIR).answer;
  await killWorker(client);
  await client.until(({ models: [model] }) => model.state === 'unloaded');
  Judgment.parse(await client.judge(PAIR).answer);
  expect((await client.status()).models[0].deaths).toBe(1);
});

it('explains itself after three deaths, while loading or judging, and stays down', async () => {
  const client = await Client.start({ model: await endlessJudge() });
  const loading = client.judge(PAIR);
  await killWorker(client);
  await expectError(loading.answer, ErrorCode.workerDied, /SIGKILL.*ask again/);
  for (const next of [/ask again/, /died too often/]) {
    const { answer, written } = client.judge(PAIR);
    await written;
    await killWorker(client);
    await expectError(answer, ErrorCode.workerDied, next);
  }
  await expectError(client.judge(PAIR).answer, ErrorCode.workerDied, /died 3 times.*Restart Server/);
  expect((await client.status()).models[0]).toMatchObject({
    state: 'failed',
    deaths: 3,
    error: expect.stringContaining('died 3 times') as string,
  });
  expect(client.family.members).toEqual([client.pid]);
});

it('ends when the server itself is killed', async () => {
  const client = await Client.start({ model: await endlessJudge() });
  const { answer, written } = client.judge(PAIR);
  answer.catch(() => undefined);
  await written;
  client.child.kill('SIGKILL');
  await client.end();
});
