/** The judge over the embedded model itself: what its K/V cache shares, and that a sampled judgment can be repeated. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgePair } from '../../../server/judge/judge.ts';
import { FAMILIES } from '../../../server/judge/prompts/families.ts';
import { type LoadedModel, loadLanguageModel } from '../../../server/runtime/load.ts';
import { PAIR } from '../../server/support/code.ts';

const NANO = join(import.meta.dirname, '../../../models/nano-judge');
const VOTES = 4;

let model: LoadedModel;
beforeAll(async () => {
  model = await loadLanguageModel(NANO, { maxContext: 1024 });
});
afterAll(() => model.dispose());

describe('voting@k on the embedded judge', () => {
  it('computes the prompt of an order once for all its samples', async () => {
    const { orders } = await judgePair(model, FAMILIES.compact, PAIR, { votes: VOTES });
    const prompts = orders.reduce((sum, { promptTokens }) => sum + promptTokens, 0);
    const written = orders.reduce((sum, { outputTokens }) => sum + outputTokens, 0);
    const { forwardedTokens, reusedTokens } = model.cache;
    // What was written is forwarded at most once, the prompts at most once per order, however many samples there are.
    expect(forwardedTokens).toBeLessThanOrEqual(prompts + written);
    expect(reusedTokens).toBeGreaterThanOrEqual((VOTES - 1) * (prompts - orders.length * VOTES));
    for (const { votes } of orders) expect(votes!.A + votes!.B + votes!.none).toBe(VOTES);
  });

  it('gives the same votes again', async () => {
    const votes = async () =>
      (await judgePair(model, FAMILIES.compact, PAIR, { votes: 2 })).orders.map((order) => order.votes);
    expect(await votes()).toEqual(await votes());
  });
});

it('both orders share their prompt’s beginning', async () => {
  const before = model.cache;
  const pair = { ...PAIR, a: `// once\n${PAIR.a}`, b: `// once\n${PAIR.b}` };
  const { orders } = await judgePair(model, FAMILIES.compact, pair);
  const prompts = orders.map(({ promptTokens }) => promptTokens);
  expect(model.cache.reusedTokens - before.reusedTokens).toBeGreaterThan(Math.min(...prompts) / 4);
});
