/** Who sees whose work, what is reported, and what a run costs. */
import { describe, expect, it } from 'vitest';
import { runTeam } from '../../../server/agents/run-team.ts';
import type { AgentReport } from '../../../server/protocol/solution.ts';
import { loadAgentModel, task, team } from './fixtures.ts';
import { certain, END, ScriptedModel } from './scripted.ts';

/** Writes `word` and ends. */
const saying = (word: string) =>
  new ScriptedModel({
    after: (path) => {
      const bytes = [...Buffer.from(word)];
      const said = [...bytes.keys()].findLast((count) =>
        bytes.slice(0, count + 1).every((byte, i) => path.at(i - count - 1) === byte),
      );
      return { logits: certain(bytes[said === undefined ? 0 : said + 1] ?? END) };
    },
  });

describe('working memory', () => {
  const run = async (more: object) => {
    const model = await loadAgentModel('llama3-untied');
    const reports: AgentReport[] = [];
    const { solution } = await runTeam(await model.tokens(), 'test', team(more), task(), {
      onReport: (agent, report) => (reports[agent] = report),
    });
    expect(solution.agents).toEqual(reports);
    return { agents: solution.agents, solution, model };
  };

  it('holds all positions of a sequential team', async () => {
    const { agents, model } = await run({});
    const [planner, critic, judger] = agents as [AgentReport, AgentReport, AgentReport];
    expect(planner).toMatchObject({ memoryRead: 0, memoryLeft: planner.promptTokens + 3, latentSteps: 3 });
    expect(critic).toMatchObject({
      memoryRead: planner.memoryLeft,
      memoryLeft: planner.memoryLeft + critic.promptTokens + 3,
    });
    expect(critic.memoryBytes).toBe(critic.memoryLeft * model.info.bytesPerPosition);
    expect(judger).toMatchObject({ memoryRead: critic.memoryLeft, memoryLeft: 0, latentSteps: 0 });
  });

  it("holds the last agent's positions, or its vectors alone, where a team keeps no more", async () => {
    const { agents: last } = await run({ keep: 'last' });
    expect(last[2]!.memoryRead).toBe(last[1]!.promptTokens + 3);
    const { agents: latents } = await run({ keep: 'latents' });
    expect(latents.map(({ memoryRead }) => memoryRead)).toEqual([0, 3, 3]);
  });

  it('of experts side by side comes together with the summarizer', async () => {
    const { agents } = await run({ layout: 'hierarchical' });
    expect(agents.map(({ memoryRead }) => memoryRead)).toEqual([
      0,
      0,
      agents[0]!.promptTokens + agents[1]!.promptTokens + 6,
    ]);
  });

  it('is there without latent steps too, and counts what was evaluated', async () => {
    const { agents, solution, model } = await run({ latentSteps: 0 });
    expect(agents[2]!.memoryRead).toBe(agents[0]!.promptTokens + agents[1]!.promptTokens);
    expect(solution.forwardedTokens).toBe(model.cache.forwardedTokens);
    expect(solution.outputTokens).toBe(agents[2]!.outputTokens);
  });

  it('is gone when the run ends: only prompts stay cached, and a second run finds the first of them', async () => {
    const { model, agents } = await run({});
    expect(model.cache.pinnedPositions).toBe(0);
    // Behind vectors nothing can be found again, so nothing is kept there.
    expect(model.cache.livePositions).toBe(agents[0]!.promptTokens);
    const { reusedTokens } = model.cache;
    await runTeam(await model.tokens(), 'test', team(), task());
    expect(model.cache.reusedTokens - reusedTokens).toBe(agents[0]!.promptTokens - 1);
  });
});

describe('latent steps', () => {
  it("are the request's, else the agent's, else the team's", async () => {
    const own = team();
    own.agents[1]!.latentSteps = 5;
    const steps = async (more: object) => {
      const { solution } = await runTeam(new ScriptedModel(), 'test', own, task(more));
      return solution.agents.map(({ latentSteps }) => latentSteps);
    };
    expect(await steps({})).toEqual([3, 5, 0]);
    expect(await steps({ latentSteps: 2 })).toEqual([2, 2, 0]);
    expect(await steps({ latentSteps: 0 })).toEqual([0, 0, 0]);
  });

  it('are told one by one, with what the head reads, and lie on one plane in the end', async () => {
    const model = await loadAgentModel('qwen3-untied');
    const told: [number, number][] = [];
    const { solution } = await runTeam(await model.tokens(), 'test', team({ latentSteps: 4 }), task(), {
      onLatent: ({ agent, step, norm, entropy, nearest }) => {
        told.push([agent, step]);
        expect(norm).toBeGreaterThan(0);
        expect(entropy).toBeGreaterThan(0);
        expect(nearest).toHaveLength(5);
        const likely = nearest.map(({ probability }) => probability);
        expect(likely).toEqual(likely.toSorted((a, b) => b - a));
      },
    });
    expect(told).toEqual([0, 1].flatMap((agent) => [0, 1, 2, 3].map((step) => [agent, step])));
    expect(solution.trajectories.map(({ length }) => length)).toEqual([4, 4, 0]);
  });
});

describe('text hand-over', () => {
  it('quotes what was written, to the next agents alone, in their order', async () => {
    const model = saying('yes');
    const { solution } = await runTeam(model, 'test', team({ handOver: 'text' }), task());
    expect(solution.answer).toBe('yes');
    expect(solution.agents.map(({ outputTokens, latentSteps }) => [outputTokens, latentSteps])).toEqual([
      [3, 0],
      [3, 0],
      [3, 0],
    ]);
    expect(model.prompts[0]).toBe('Plan: add 2 and 3');
    expect(model.prompts[1]).toContain('[planner]\nyes');
    expect(model.prompts[2]).toMatch(
      /\(planner, critic\):\n\n\[planner\]\nyes\n\n\[critic\]\nyes\n\nadd 2 and 3$/,
    );
  });

  it('quotes only the last agent where a team keeps no more, and nothing to experts side by side', async () => {
    const last = saying('yes');
    await runTeam(last, 'test', team({ handOver: 'text', keep: 'last' }), task());
    expect(last.prompts[2]).toMatch(/\(critic\)/);
    const experts = saying('yes');
    await runTeam(experts, 'test', team({ handOver: 'text', layout: 'hierarchical' }), task());
    expect(experts.prompts.filter((prompt) => prompt.includes('[planner]'))).toHaveLength(1);
  });

  it('reaches an agent whose prompt has no place for it', async () => {
    const model = saying('yes');
    const agents = [
      { role: 'one', prompt: '{problem}' },
      { role: 'two', prompt: 'Solve {problem}' },
    ];
    await runTeam(model, 'test', team({ handOver: 'text', agents }), task());
    expect(model.prompts[1]).toMatch(/^Solve add 2 and 3\n\n.*\[one\]\nyes$/s);
  });

  it('leaves places alone that a problem or a text spells', async () => {
    const model = saying('{problem}');
    await runTeam(
      model,
      'test',
      team({ handOver: 'text' }),
      task({ problem: 'What is {earlier}?', maxNewTokens: 20 }),
    );
    expect(model.prompts[0]).toBe('Plan: What is {earlier}?');
    expect(model.prompts[1]).toContain('[planner]\n{problem}\n');
  });
});
