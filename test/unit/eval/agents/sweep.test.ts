/** Teams side by side: figures, comparisons, and what latent steps contribute. */
import { describe, expect, it } from 'vitest';
import { TEAMS } from '../../../../server/agents/teams.ts';
import {
  beside,
  contestants,
  type Contestant,
  contributions,
  sweep,
} from '../../../../server/eval/agents/sweep.ts';
import type { Problem } from '../../../../server/eval/agents/tasks.ts';
import { VerityError } from '../../../../server/runtime/errors.ts';

const names = ['single', 'text', 'sequential'] as const;
const list = contestants(
  names.map((name) => ({ name, definition: TEAMS[name] })),
  [0, 10],
);

const problems: Problem[] = Array.from({ length: 40 }, (_, index) => ({
  id: String(index),
  text: String(index),
  check: { kind: 'answer', expected: '1' },
}));

/** Answers rightly below a mark, at a cost. */
const solver =
  (mark: (contestant: Contestant) => number, cost: (contestant: Contestant) => number) =>
  (contestant: Contestant, text: string) =>
    Promise.resolve({
      team: contestant.team,
      answer: Number(text) < mark(contestant) ? '\\boxed{1}' : '\\boxed{2}',
      agents: [],
      trajectories: [],
      outputTokens: cost(contestant),
      forwardedTokens: 2 * cost(contestant),
      ms: 10 * cost(contestant),
    });

const isText = ({ team }: Contestant) => team === 'text';

describe('a sweep', () => {
  it('runs latent teams at each number of steps and others once', () => {
    expect(list.map(({ team, latentSteps }) => [team, latentSteps])).toEqual([
      ['single', null],
      ['text', null],
      ['sequential', 0],
      ['sequential', 10],
    ]);
  });

  it('counts right answers and costs, problem by problem', async () => {
    const runs = await sweep(
      list,
      problems,
      solver(
        () => 30,
        (each) => (isText(each) ? 100 : 15),
      ),
    );
    const [single, text] = runs as [(typeof runs)[0], (typeof runs)[0]];
    expect(single).toMatchObject({
      right: 30,
      accuracy: 0.75,
      problems: 40,
      failed: 0,
      outputTokens: 15,
      meanMs: 150,
    });
    expect(single.interval[0]).toBeLessThan(0.75);
    expect(text).toMatchObject({ outputTokens: 100, forwardedTokens: 200 });
    expect(single.attempts[30]).toMatchObject({ problem: '30', answer: '2', right: false });
  });

  it('meets the goals only with fewer tokens, more speed and no less accuracy than the text team', async () => {
    const meets = async (mark: (each: Contestant) => number, latentCost: number) => {
      const cost = (each: Contestant) => (isText(each) ? 100 : latentCost);
      const comparisons = beside(await sweep(list, problems, solver(mark, cost)));
      return comparisons.find(({ latentSteps, baseline }) => latentSteps === 10 && baseline === 'text')!;
    };
    expect(await meets(() => 20, 15)).toMatchObject({ meetsGoals: true, accuracyGained: 0 });
    expect((await meets(() => 20, 15)).tokensSaved).toBeCloseTo(0.85);
    expect((await meets(() => 20, 15)).speedup).toBeCloseTo(100 / 15);
    expect(await meets(() => 20, 21)).toMatchObject({ meetsGoals: false });
    expect(await meets((each) => (isText(each) ? 21 : 20), 15)).toMatchObject({ meetsGoals: false });
  });

  it('says whether latent steps help, harm or contribute nothing that can be seen', async () => {
    const found = async (with10: number) => {
      const mark = ({ latentSteps }: Contestant) => (latentSteps === 10 ? with10 : 20);
      return contributions(
        await sweep(
          list,
          problems,
          solver(mark, () => 1),
        ),
      );
    };
    expect(await found(32)).toEqual([
      'sequential: latent steps help: 50.0 % right without, 80.0 % at the best number of steps (10), on 40 problems.',
    ]);
    expect((await found(20))[0]).toMatch(/contribute nothing that can be seen/);
    expect((await found(21))[0]).toMatch(/contribute nothing that can be seen/);
    expect((await found(8))[0]).toMatch(/do harm: .*; fewer are right than without at 10 steps\.$/);
    expect((await found(20))[0]).not.toMatch(/fewer are right/);
  });

  it("counts a problem's own failure as wrong and goes on, and ends with any other", async () => {
    const failing = (error: Error) =>
      sweep(list.slice(0, 1), problems.slice(0, 3), (each, text) =>
        text === '1'
          ? Promise.reject(error)
          : solver(
              () => 40,
              () => 6,
            )(each, text),
      );
    const [run] = await failing(new VerityError('contextOverflow', 'too long'));
    expect(run).toMatchObject({ right: 2, failed: 1, accuracy: 2 / 3, outputTokens: 6 });
    expect(run!.attempts[1]).toMatchObject({ right: false, why: 'failed: too long' });
    await expect(failing(new VerityError('workerDied', 'dead'))).rejects.toThrow('dead');
    await expect(failing(new Error('bug'))).rejects.toThrow('bug');
  });
});
