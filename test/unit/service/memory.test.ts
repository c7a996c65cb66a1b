/** The estimate of a model's memory, and how much of the machine's Verity takes at most. */
import { totalmem } from 'node:os';
import { expect, it } from 'vitest';
import { defaultMemoryLimit, estimateMemory, machineMemory } from '../../../server/service/memory.ts';
import { checkpointDirectory, copyOf, editJson } from '../runtime/fixtures.ts';

const MB = 2 ** 20;

it('is a process, the weights and the cache, before anything is loaded', async () => {
  // What this process was measured to take: 98 MB when it is loaded, 105 after work.
  const bytes = await estimateMemory(checkpointDirectory('llama3-gqa'), 'fp32');
  expect(bytes).toBeGreaterThan(95 * MB);
  expect(bytes).toBeLessThan(115 * MB);
});

it('grows with the context, up to what a cache usually holds, and with wider weights', async () => {
  const directory = await copyOf('llama3-gqa');
  const estimates = [await estimateMemory(directory, 'fp32'), await estimateMemory(directory, 'int4')];
  expect(estimates[1]).toBeLessThan(estimates[0]!);
  await editJson(directory, 'config.json', (config) => ({ ...config, max_position_embeddings: 10_000_000 }));
  const huge = await estimateMemory(directory, 'fp32');
  expect(huge).toBeGreaterThan(600 * MB);
  expect(huge).toBeLessThan(630 * MB);
});

it('is nothing for what cannot be read, which loading it explains', async () => {
  expect(await estimateMemory('/nowhere', 'auto')).toBe(0);
});

it('leaves half of the machine to others', () => {
  expect(machineMemory()).toBeGreaterThan(0);
  expect(machineMemory()).toBeLessThanOrEqual(totalmem());
  expect(defaultMemoryLimit()).toBe(machineMemory() / 2);
});
