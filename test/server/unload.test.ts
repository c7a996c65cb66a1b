/** Models that are unloaded: their process is gone, and what it held went back to the system. */
import { existsSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { Judgment } from '../../server/protocol/judgment.ts';
import type { Status } from '../../server/protocol/requests.ts';
import { WorkerModel } from '../../server/runtime/worker/client.ts';
import { ModelPool, type PooledModel } from '../../server/service/model-pool.ts';
import { Requests } from '../../server/service/requests.ts';
import { type CheckpointName, checkpointDirectory, expectVerityError } from '../unit/runtime/fixtures.ts';
import { BUNDLES } from './support/bundles.ts';
import { PAIR } from './support/code.ts';
import { residentBytes } from './support/processes.ts';
import { Client } from './support/server.ts';

const isUnloaded = ({ models: [model], memory }: Status): boolean =>
  model.state === 'unloaded' && memory.heldBytes === 0;

/** The test's own time limit is the bound. */
const WITHIN = { timeout: 100_000 };

it('unloads an idle model, gives its memory back and loads it again when it is needed', async () => {
  const client = await Client.start({ unloadAfterMs: 5000 });
  Judgment.parse(await client.judge(PAIR).answer);
  const worker = await client.family.worker(client.pid);
  const { models, memory } = await client.until(({ models: [model] }) => model.requests?.running === 0);
  const held = client.family.residentBytes(client.pid);
  expect(models[0]).toMatchObject({ state: 'ready', requests: { running: 0, waiting: 0 } });
  expect(memory.heldBytes).toBe(models[0].memoryBytes);
  // The worker itself says about as much as the system says of it.
  expect(held / memory.heldBytes).toBeGreaterThan(0.7);
  expect(held / memory.heldBytes).toBeLessThan(1.4);

  const unloaded = await client.until(isUnloaded);
  expect(existsSync(`/proc/${worker}`)).toBe(false);
  expect(client.family.residentBytes(client.pid)).toBe(0);
  expect(unloaded.models[0]).toMatchObject({ deaths: 0, lastUse: models[0].lastUse });

  Judgment.parse(await client.judge(PAIR).answer);
  expect(await client.family.worker(client.pid)).not.toBe(worker);
});

it('keeps a model that works, however short its time', async () => {
  const client = await Client.start({ unloadAfterMs: 1 });
  const { answer, written } = client.judge(PAIR);
  await written;
  const worker = await client.family.worker(client.pid);
  Judgment.parse(await answer);
  expect((await client.status()).models[0].deaths).toBe(0);
  await client.until(isUnloaded);
  expect(existsSync(`/proc/${worker}`)).toBe(false);
});

let pool: ModelPool | undefined;
afterEach(() => pool?.dispose());

it('makes room for a second model by ending the process of an idle one, never of one in use', async () => {
  const processes = new Map<string, WorkerModel>();
  const requests = new Requests();
  const start = async (directory: string, ...rest: [object, object]) => {
    const worker = await WorkerModel.start(BUNDLES.worker, directory, ...rest);
    processes.set(directory, worker);
    return worker;
  };
  const model = (id: CheckpointName): PooledModel => ({ id, directory: checkpointDirectory(id) });
  const count = (which: PooledModel, during: Promise<unknown> = Promise.resolve()) =>
    requests.run({ name: which.id, priority: 'panel' }, (request) =>
      pool!.use(which, request, async (loaded) => {
        await during;
        return loaded.countTokens({ kind: 'parts', parts: [{ text: 'one two' }] });
      }),
    );
  const pidOf = ({ directory }: PooledModel) => processes.get(directory)!.pid!;
  const [first, second] = [model('llama3-gqa'), model('qwen2-tied-f16')];

  pool = new ModelPool({ start, memoryLimit: 2 ** 40, run: {}, onChange: () => undefined });
  await count(first);
  const one = residentBytes(pidOf(first));
  await pool.dispose();
  // Room for one model and a half.
  pool = new ModelPool({ start, memoryLimit: 1.5 * one, run: {}, onChange: () => undefined });

  let release!: () => void;
  const busy = count(first, new Promise<void>((resolve) => (release = resolve)));
  await expect.poll(() => pool!.status([])[0]?.state, WITHIN).toBe('busy');
  await expectVerityError(count(second), 'busy', /qwen2-tied-f16 needs about .* in use hold/);
  release();
  expect(await busy).toBeGreaterThan(0);
  const old = pidOf(first);
  const before = residentBytes(old);
  expect(await count(second)).toBeGreaterThan(0);
  expect(existsSync(`/proc/${old}`)).toBe(false);
  expect(residentBytes(old) + residentBytes(pidOf(second))).toBeLessThan(before + 0.5 * one);
  expect(pool.status([]).map(({ state }) => state)).toEqual(['unloaded', 'ready']);
});
