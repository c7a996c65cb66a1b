/** What goes wrong in a team ends it cleanly: one clear message, and nothing is held any more. */
import { describe, expect, it } from 'vitest';
import { runTeam } from '../../../server/agents/run-team.ts';
import { VerityError } from '../../../server/runtime/errors.ts';
import { expectVerityError } from '../runtime/fixtures.ts';
import { loadAgentModel, task, team } from './fixtures.ts';
import { certain, ScriptedModel, VOCAB } from './scripted.ts';

const isThought = (inputs: readonly unknown[]) => typeof inputs[0] !== 'number';

describe.each(['sequential', 'hierarchical'] as const)('a %s team', (layout) => {
  it('is cancelled in the midst of a latent phase, within a forward, with nothing held', async () => {
    const model = await loadAgentModel('qwen3-untied');
    const tokens = await model.tokens();
    const controller = new AbortController();
    const reason = new Error('enough');
    const steps: number[] = [];
    const run = runTeam(tokens, 'test', team({ layout, latentSteps: 40 }), task(), {
      signal: controller.signal,
      onLatent: ({ step }) => {
        steps.push(step);
        if (step === 5) controller.abort(reason);
      },
    });
    await expect(run).rejects.toBe(reason);
    expect(Math.max(...steps)).toBe(5);
    expect(model.cache.pinnedPositions).toBe(0);
    expect(model.requests).toEqual({ running: 0, waiting: 0 });
    // The same model goes on working, and has all its room.
    const again = await runTeam(tokens, 'test', team({ layout }), task());
    expect(again.solution.agents).toHaveLength(3);
  });

  it('ends when the memory for context runs out in its midst', async () => {
    let thoughts = 0;
    const full = new VerityError('busy', "The model's memory for context is full.");
    const model = new ScriptedModel({
      before: (inputs) => {
        if (isThought(inputs) && ++thoughts === 4) throw full;
      },
    });
    await expect(runTeam(model, 'test', team({ layout }), task())).rejects.toBe(full);
    expect(model.held).toBe(0);
  });

  it.each([
    ['NaN', { hidden: new Float32Array(4).fill(NaN) }, /are no numbers at step 2.*text team/],
    ['infinite', { hidden: new Float32Array(4).fill(Infinity) }, /are no numbers/],
    ['zero', { hidden: new Float32Array(4) }, /have vanished/],
    ['huge', { hidden: new Float32Array(4).fill(1e9) }, /grow without bound/],
    ['of no distribution', { logits: new Float32Array(VOCAB).fill(NaN) }, /are no numbers/],
  ])('refuses to think on with vectors that are %s', async (_, outputs, message) => {
    const model = new ScriptedModel({ after: (path) => (isThought(path.slice(-1)) ? outputs : {}) });
    await expectVerityError(runTeam(model, 'test', team({ layout }), task()), 'badModel', message);
    expect(model.held).toBe(0);
  });
});

describe('a team', () => {
  it('stops thinking where vectors collapse onto one token, and says so', async () => {
    const stuck = { logits: certain(7), hidden: Float32Array.of(1, 2, 3, 4) };
    const model = new ScriptedModel({ after: (path) => (isThought(path.slice(-1)) ? stuck : {}) });
    const { solution, cautions } = await runTeam(model, 'test', team({ latentSteps: 40 }), task());
    expect(solution.agents.map(({ latentSteps }) => latentSteps)).toEqual([9, 9, 0]);
    expect(cautions[0]).toMatch(/planner's latent vectors collapsed onto one token after 9 steps/);
    expect(model.held).toBe(0);
  });

  it('thinks on where the same token is likely but the vectors move, or stand still without certainty', async () => {
    const moving = new ScriptedModel({ after: () => ({ logits: certain(7) }) });
    const unsure = new ScriptedModel({
      after: () => ({ logits: new Float32Array(VOCAB), hidden: Float32Array.of(1, 2, 3, 4) }),
    });
    for (const model of [moving, unsure]) {
      const { vectors } = await runTeam(model, 'test', team({ latentSteps: 30 }), task({ maxNewTokens: 1 }));
      expect(vectors.map(({ length }) => length)).toEqual([30, 30, 0]);
    }
  });

  it('stops an agent that writes in circles, long before its limit', async () => {
    const circle = [65, 66, 67];
    const model = new ScriptedModel({ after: (path) => ({ logits: certain(circle[path.length % 3]!) }) });
    const long = task({ maxNewTokens: 5000 });
    const { solution, cautions } = await runTeam(model, 'test', team({ handOver: 'text' }), long);
    expect(solution.outputTokens).toBeLessThan(3 * 120);
    expect(cautions).toHaveLength(3);
    expect(cautions[2]).toMatch(/judger went round in circles and was stopped after \d+ tokens/);
    expect(model.held).toBe(0);
  });

  it('fails as a whole when one expert fails, after the others have ended', async () => {
    const broken = new VerityError('badModel', 'broken');
    let under = 0;
    const model = new ScriptedModel({
      before: async (inputs) => {
        under++;
        await new Promise((resolve) => setTimeout(resolve, isThought(inputs) ? 5 : 1));
        under--;
        if (!isThought(inputs) && model.held === 3 && under === 0) throw broken;
      },
    });
    await expect(runTeam(model, 'test', team({ layout: 'hierarchical' }), task())).rejects.toBe(broken);
    expect({ under, held: model.held }).toEqual({ under: 0, held: 0 });
  });

  it('is refused before anything is computed if it cannot fit, or no agent would hear of the problem', async () => {
    const model = new ScriptedModel({ contextLength: 60, before: () => expect.unreachable() });
    const latent = runTeam(model, 'test', team(), task());
    await expectVerityError(
      latent,
      'contextOverflow',
      /reach \d+ positions, but the model's context holds 60/,
    );
    const text = runTeam(model, 'test', team({ handOver: 'text' }), task({ maxNewTokens: 60 }));
    await expectVerityError(text, 'contextOverflow', /planner's prompt has \d+ tokens/);
    const deaf = team({ agents: [{ role: 'judger', prompt: 'Go.' }] });
    await expectVerityError(runTeam(model, 'test', deaf, task()), 'badInput', /\{problem\}/);
    expect(model.held).toBe(0);
  });

  it('asks for no more room than the model can ever have', async () => {
    const model = await loadAgentModel('qwen3-untied');
    const tokens = await model.tokens();
    const big = new Proxy(tokens, {
      get: (target, key) => (key === 'contextLength' ? 1e9 : (Reflect.get(target, key, target) as unknown)),
    });
    const run = runTeam(big, 'test', team(), task({ maxNewTokens: 1e8 }));
    await expectVerityError(run, 'busy', /memory for context holds/);
    expect(model.requests).toEqual({ running: 0, waiting: 0 });
  });
});
