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

it('fails the running request, then judges the next one with a new process', async () => {
  const client = await Client.start();
  const running = client.judge(PAIR);
  await running.written;
  const waiting = client.judge(PAIR);
  await killWorker(client);
  await expectError(running.answer, ErrorCode.workerDied, /process ended \(signal SIGKILL\).*ask again/);
  Judgment.parse(await waiting.answer);
  const { model, outcomes } = await client.status();
  expect(model).toMatchObject({ state: 'ready', restarts: 1 });
  expect(outcomes).toMatchObject([
    { outcome: 'failed', reason: expect.stringContaining('SIGKILL') as string },
    { outcome: 'answered' },
  ]);
});

it('starts a new process for the next request when the idle one was killed', async () => {
  const client = await Client.start();
  await client.judge(PAIR).answer;
  await killWorker(client);
  await client.until(({ model }) => model.state === 'unloaded');
  Judgment.parse(await client.judge(PAIR).answer);
  expect((await client.status()).model.restarts).toBe(1);
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
  expect((await client.status()).model).toMatchObject({
    state: 'failed',
    restarts: 3,
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
