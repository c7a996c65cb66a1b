/** Teams whose agents have checkpoints of their own. */
import { describe, expect, it } from 'vitest';
import { runTeam } from '../../../server/agents/run-team.ts';
import type { LoadedModel } from '../../../server/runtime/load.ts';
import type { TokenModel } from '../../../server/runtime/token-model.ts';
import { expectVerityError, relativeError } from '../runtime/fixtures.ts';
import { loadAgentModel, task, team } from './fixtures.ts';
import { ScriptedModel } from './scripted.ts';

/** The same checkpoint in three sessions, as if it were three. */
async function three(): Promise<{ casts: TokenModel[]; pinned: () => number[] }> {
  const models: LoadedModel[] = [];
  for (let index = 0; index < 3; index++) models.push(await loadAgentModel('qwen3-untied'));
  const casts = await Promise.all(models.map((model) => model.tokens()));
  return { casts, pinned: () => models.map(({ cache }) => cache.pinnedPositions) };
}

describe('agents of different checkpoints', () => {
  it.each([
    ['sequential', 'all'],
    ['hierarchical', 'all'],
  ] as const)('go on from what is read anew as from the memory itself: %s', async (layout, keep) => {
    const { casts, pinned } = await three();
    const one = await runTeam(casts[0]!, 'one', team({ layout, keep }), task());
    const many = await runTeam(casts, 'many', team({ layout, keep }), task());
    for (const [agent, vectors] of one.vectors.entries())
      for (const [step, vector] of vectors.entries())
        expect(relativeError(many.vectors[agent]![step]!, vector)).toBeLessThan(1e-3);
    expect(many.solution.answer).toBe(one.solution.answer);
    const read = ({ solution }: typeof one) => solution.agents.map(({ memoryRead }) => memoryRead);
    expect(read(many)).toEqual(read(one));
    expect(many.solution.forwardedTokens).toBeGreaterThan(one.solution.forwardedTokens);
    expect(pinned()).toEqual([0, 0, 0]);
  });

  it.each(['last', 'latents'] as const)('hand on no more than the team keeps: %s', async (keep) => {
    const { casts, pinned } = await three();
    const { solution } = await runTeam(casts, 'many', team({ keep }), task());
    const one = await runTeam(casts[0]!, 'one', team({ keep }), task());
    const read = (agents: typeof solution.agents) => agents.map(({ memoryRead }) => memoryRead);
    expect(read(solution.agents)).toEqual(read(one.solution.agents));
    expect(pinned()).toEqual([0, 0, 0]);
  });

  it('may take turns', async () => {
    const { casts } = await three();
    const [a, b] = casts as [TokenModel, TokenModel];
    const agents = ['one', 'two', 'three', 'four'].map((role) => ({ role, prompt: `${role}: {problem}` }));
    const { solution } = await runTeam([a, b, a, b], 'turns', team({ agents }), task());
    const one = await runTeam(a, 'one', team({ agents }), task());
    expect(solution.answer).toBe(one.solution.answer);
  });

  it('are refused where tokenizers or sizes differ, before anything is computed', async () => {
    const qwen = await (await loadAgentModel('qwen3-untied')).tokens();
    const llama = await (await loadAgentModel('llama3-untied')).tokens();
    const tokenizers = runTeam([qwen, llama, qwen], 'mixed', team(), task());
    await expectVerityError(
      tokenizers,
      'badInput',
      /critic cannot read the planner's.*tokenizers differ.*"text"/,
    );
    const small = new ScriptedModel({ before: () => expect.unreachable() });
    const wide = Object.assign(new ScriptedModel(), { hiddenSize: 8 });
    const sizes = runTeam([small, small, wide], 'mixed', team(), task());
    await expectVerityError(sizes, 'badInput', /judger cannot read.*vectors have 4 and 8 values/);
  });

  it('always hand over text', async () => {
    const qwen = await (await loadAgentModel('qwen3-untied')).tokens();
    const llama = await (await loadAgentModel('llama3-untied')).tokens();
    const { solution } = await runTeam([qwen, llama, qwen], 'mixed', team({ handOver: 'text' }), task());
    expect(solution.agents.map(({ outputTokens }) => outputTokens)).toEqual([8, 8, 8]);
  });
});
