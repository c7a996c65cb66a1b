/** A worker process as its owner sees it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Prompt } from '../../server/runtime/language-model.ts';
import { WorkerModel } from '../../server/runtime/worker/client.ts';
import { checkpointDirectory, greedyRequest } from '../unit/runtime/fixtures.ts';
import { BUNDLES } from './support/bundles.ts';

let model: WorkerModel;
beforeAll(async () => {
  model = await WorkerModel.start(BUNDLES.worker, checkpointDirectory('llama3-gqa'), {});
});
afterAll(() => model.dispose());

it('does not count the tokens of texts that are cancelled while another is counted', async () => {
  const prompt: Prompt = { kind: 'parts', parts: [{ text: 'value = list ( sum ) ; '.repeat(200) }] };
  const controllers = Array.from({ length: 20 }, () => new AbortController());
  const reason = new Error('enough');
  const kept = model.countTokens(prompt);
  const cancelled = controllers.map(({ signal }) => model.countTokens(prompt, signal));
  for (const controller of controllers) controller.abort(reason);
  const endings = await Promise.allSettled(cancelled);
  const reasons = endings.flatMap((ending) => (ending.status === 'rejected' ? [ending.reason as Error] : []));
  expect(reasons.length).toBeGreaterThan(10);
  expect(new Set(reasons)).toEqual(new Set([reason]));
  expect(await kept).toBeGreaterThan(200);
});

it('tells when a generation has begun, before its text, and what it has in hand', async () => {
  const told: string[] = [];
  await model.generate(greedyRequest([{ text: 'value' }], { maxNewTokens: 4 }), {
    onBegin: () => told.push('begun'),
    onText: () => told.push('text'),
  });
  expect(told[0]).toBe('begun');
  expect(told.filter((word) => word === 'begun')).toHaveLength(1);
  await expect
    .poll(() => model.report?.loaded?.requests, { timeout: 60_000 })
    .toEqual({ running: 0, waiting: 0 });
  expect(model.report!.residentBytes).toBeGreaterThan(50e6);
});
