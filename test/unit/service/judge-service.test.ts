/** The judge as a service: which of its work is urgent, and what it refuses. */
import { afterEach, expect, it, vi } from 'vitest';
import { WorkerModel } from '../../../server/runtime/worker/client.ts';
import { JudgeService } from '../../../server/service/judge-service.ts';
import { ModelService } from '../../../server/service/model-service.ts';
import { expectVerityError } from '../runtime/fixtures.ts';
import { FakeWorker } from './fake-worker.ts';

afterEach(() => vi.restoreAllMocks());

function setup() {
  const worker = new FakeWorker('judge', {}, '<answer>[[A]]</answer>');
  const start = vi.spyOn(WorkerModel, 'start').mockResolvedValue(worker as unknown as WorkerModel);
  const model = { id: 'judge', directory: '/nowhere', family: 'rubrics' } as const;
  const models = new ModelService({ version: '1', workerFile: '/nowhere', models: [model] });
  const service = new JudgeService(models, model);
  return { start, models, service, priorities: () => worker.requests.map(({ priority }) => priority) };
}

const PAIR = { a: 'old\n', b: 'new\n', language: 'plaintext' };

it('judges for a person before what nobody waits for', async () => {
  const { service, priorities } = setup();
  await service.judge(PAIR);
  await service.judge(PAIR, {}, 'batch');
  expect(priorities()).toEqual(['panel', 'panel', 'batch', 'batch']);
});

it('lets the first hunk of a review go before the others', async () => {
  const { service, priorities } = setup();
  const gap = 'same\n'.repeat(60);
  const told: number[] = [];
  await service.review(
    { files: [{ file: 'f', language: 'plaintext', before: `a\n${gap}b\n`, after: `c\n${gap}d\n` }] },
    { onJudged: (index) => told.push(index) },
  );
  expect(priorities()).toEqual(['panel', 'panel', 'batch', 'batch']);
  expect(told).toEqual([0, 1]);
});

it('refuses texts that are too long without loading a model', async () => {
  const { models, service, start } = setup();
  const long = 'x'.repeat(1_000_001);
  await expectVerityError(service.judge({ ...PAIR, b: long }), 'badInput', /1000001 characters/);
  expect(start).not.toHaveBeenCalled();
  expect(models.status).toMatchObject({
    models: [{ id: 'judge', state: 'unloaded', deaths: 0 }],
    outcomes: [{ request: 'judge', outcome: 'refused' }],
  });
});
