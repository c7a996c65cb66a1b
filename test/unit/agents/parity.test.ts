/** Latent agents against PyTorch: vectors within 1e-3 relative after 20 steps, and the same text. */
import { describe, expect, it } from 'vitest';
import { promptOf } from '../../../server/agents/prompts.ts';
import { runTeam } from '../../../server/agents/run-team.ts';
import { TeamDefinition } from '../../../server/protocol/solution.ts';
import { relativeError } from '../runtime/fixtures.ts';
import { type AgentCheckpoint, AGENT_CHECKPOINTS, golden, loadAgentModel, RUNS } from './fixtures.ts';

const BOUND = 1e-3;

describe.each(Object.keys(AGENT_CHECKPOINTS) as AgentCheckpoint[])('%s', (name) => {
  it('reads the same prompts', async () => {
    const { problem, agents, prompts } = await golden(name);
    const tokens = await (await loadAgentModel(name)).tokens();
    for (const agent of agents)
      expect(tokens.encode(promptOf(agent, problem, []))).toEqual(prompts[agent.role]);
  });

  it.each(RUNS)('thinks and writes as PyTorch does: %s, %s', async (layout, keep) => {
    const { problem, agents, latentSteps, maxNewTokens, texts, vectors } = await golden(name);
    const model = await loadAgentModel(name);
    const definition = TeamDefinition.parse({ layout, keep, latentSteps, agents });
    const run = await runTeam(await model.tokens(), 'test', definition, {
      problem,
      maxNewTokens,
      temperature: 0,
      seed: 1,
    });
    const expected = vectors.get(`${layout}.${keep}`)!;
    const [, hidden] = expected.shape as [number, number];
    const thought = run.vectors.flat();
    expect(thought).toHaveLength(3 * latentSteps);
    for (const [step, vector] of thought.entries())
      expect(
        relativeError(vector, Float32Array.from(expected.slice(step * hidden, (step + 1) * hidden))),
      ).toBeLessThan(BOUND);
    expect(run.solution.answer).toBe(texts[`${layout}.${keep}`]!.trim());
    expect(model.cache.pinnedPositions).toBe(0);
  });
});
