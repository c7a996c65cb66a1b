/** Latent steps and working memory over a worker: the numbers of a model in this process. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LoadedModel, loadLanguageModel } from '../../server/runtime/load.ts';
import type { TokenModel } from '../../server/runtime/token-model.ts';
import { WorkerModel } from '../../server/runtime/worker/client.ts';
import { AGENT_CHECKPOINTS } from '../unit/agents/fixtures.ts';
import { expectVerityError, relativeError } from '../unit/runtime/fixtures.ts';
import { BUNDLES } from './support/bundles.ts';

const DIRECTORY = AGENT_CHECKPOINTS['llama3-untied'];

let worker: WorkerModel;
let local: LoadedModel;
let models: TokenModel[];
beforeAll(async () => {
  worker = await WorkerModel.start(BUNDLES.worker, DIRECTORY, { threads: 1 });
  local = await loadLanguageModel(DIRECTORY, { threads: 1 });
  models = [await worker.tokens(), await local.tokens()];
});
afterAll(async () => {
  await worker.dispose();
  await local.dispose();
});

/** What both compute, held against each other. */
async function same(run: (model: TokenModel) => Promise<Float32Array[]>): Promise<void> {
  const [far, near] = [await run(models[0]!), await run(models[1]!)];
  for (const [index, values] of far.entries()) expect(relativeError(values, near[index]!)).toBeLessThan(1e-4);
}

it('thinks as the model in this process does', () =>
  same(async (model) => {
    const branch = await model.open({ positions: 30 });
    let outputs = await branch.append([1, 2, 3]);
    const seen: Float32Array[] = [];
    for (let step = 0; step < 5; step++) {
      const vector = await model.realign(outputs.hidden);
      outputs = await branch.append([vector]);
      seen.push(vector, outputs.hidden, outputs.logits);
    }
    branch.release();
    return seen;
  }));

it('attaches working memory of another branch: what follows sees it and goes on after it', async () => {
  const run = async (model: TokenModel, from: number) => {
    const source = await model.open({ positions: 30 });
    await source.append([5, 6, 7, 8, 9, 10]);
    const branch = await model.open({ positions: 10 });
    await branch.splice(source, from, 6);
    const { logits } = await branch.append([11]);
    for (const each of [source, branch]) each.release();
    return [logits];
  };
  await same((model) => run(model, 2));
  const [part] = await run(models[0]!, 2);
  const [whole] = await run(models[0]!, 0);
  const plain = await models[0]!.open({ positions: 30 });
  const { logits } = await plain.append([5, 6, 7, 8, 9, 10, 11]);
  plain.release();
  expect(relativeError(whole!, logits)).toBeLessThan(1e-5);
  expect(relativeError(part!, logits)).toBeGreaterThan(1e-3);
});

it('knows the same sizes', () => {
  const { hiddenSize, bytesPerPosition } = models[1]!;
  expect(models[0]).toMatchObject({ hiddenSize, bytesPerPosition });
});

it("refuses vectors of another size, and another model's memory", async () => {
  const [far, near] = models as [TokenModel, TokenModel];
  await expectVerityError(far.realign(new Float32Array(3)), 'badInput', /hidden state of 64 values/);
  const [here, there] = [await near.open({ positions: 4 }), await far.open({ positions: 4 })];
  await expectVerityError(there.append([new Float32Array(3)]), 'badInput', /vectors of 64 values/);
  await expect(there.splice(here, 0, 1)).rejects.toThrow('another model');
  for (const branch of [here, there]) branch.release();
});

it('keeps nothing when all is released', async () => {
  await expect
    .poll(() => worker.report?.loaded, { timeout: 30_000 })
    .toMatchObject({ cache: { pinnedPositions: 0 }, requests: { running: 0, waiting: 0 } });
});
