/** Ranking over a scripted judge: both orders of every comparison, the ranking, progress, cancellation. */
import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../server/judge/prompts/families.ts';
import { rankCandidates } from '../../../server/judge/rank.ts';
import { Ranking } from '../../../server/protocol/judgment.ts';
import { promptText, ScriptedModel } from './scripted-model.ts';

const { rubrics } = FAMILIES;
const candidate = (quality: number) => ({ name: `q${quality}.ts`, text: `quality(${quality});\n` });
const task = (...qualities: number[]) => ({ candidates: qualities.map(candidate), language: 'typescript' });

/** Prefers the higher quality; those of equal tens look alike to it, so it takes the first. */
const judge = () =>
  new ScriptedModel(({ prompt }) => {
    const [a, b] = [...promptText(prompt).matchAll(/quality\((\d+)\)/g)].map(([, digits]) => Number(digits));
    return [`<answer>[[${Math.floor(a! / 10) >= Math.floor(b! / 10) ? 'A' : 'B'}]]</answer>`];
  });

describe('rankCandidates', () => {
  it('puts the better first, whatever the order they were given in', async () => {
    for (const order of [
      [10, 20, 30, 40],
      [40, 10, 30, 20],
    ]) {
      const model = judge();
      const result = await rankCandidates(model, rubrics, task(...order));
      expect(result.ranking.map((standing) => standing.candidate)).toEqual([
        'q40.ts',
        'q30.ts',
        'q20.ts',
        'q10.ts',
      ]);
      expect(result.ranking.map(({ index }) => order[index])).toEqual([40, 30, 20, 10]);
      expect(result.ranking[0]).toMatchObject({ wins: 3, losses: 0, undecided: 0 });
      expect(result).toMatchObject({ method: 'round robin', model: 'scripted' });
      expect(model.requests).toHaveLength(2 * 6);
      expect(Ranking.parse(result)).toEqual(result);
      for (const { strength, interval } of result.ranking) {
        expect(interval[0]).toBeLessThan(strength);
        expect(interval[1]).toBeGreaterThan(strength);
      }
    }
  });

  it('counts a comparison whose orders disagree for neither', async () => {
    const { ranking, comparisons } = await rankCandidates(judge(), rubrics, task(11, 12, 30));
    expect(comparisons.find(({ a, b }) => a === 0 && b === 1)!.judgment.verdict).toBe('undecided');
    expect(ranking.map(({ candidate }) => candidate)).toEqual(['q30.ts', 'q11.ts', 'q12.ts']);
    expect(ranking[1]).toMatchObject({ wins: 0, losses: 1, undecided: 1 });
    expect(ranking[1]!.strength).toBeCloseTo(ranking[2]!.strength, 9);
  });

  it('knocks out among many, and the undefeated one is first', async () => {
    const qualities = [30, 90, 10, 50, 80, 20, 70, 40, 60];
    const { ranking, comparisons, method } = await rankCandidates(judge(), rubrics, task(...qualities));
    expect(method).toBe('knockout');
    expect(comparisons).toHaveLength(8);
    expect(ranking[0]).toMatchObject({ candidate: 'q90.ts', losses: 0 });
  });

  it('tells of each comparison before and after', async () => {
    const told: string[] = [];
    await rankCandidates(judge(), rubrics, task(10, 20, 30), {
      onCompare: (index, total, [a, b]) => told.push(`${index}/${total} ${a}-${b}`),
      onCompared: ({ judgment }) => told.push(judgment.verdict),
    });
    expect(told).toEqual(['0/3 0-1', 'B', '1/3 0-2', 'B', '2/3 1-2', 'B']);
  });

  it('stops between comparisons when cancelled', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const model = judge();
    const ranking = rankCandidates(model, rubrics, task(10, 20, 30, 40), {
      signal: controller.signal,
      onCompared: () => controller.abort(reason),
    });
    await expect(ranking).rejects.toBe(reason);
    expect(model.requests).toHaveLength(2);
  });

  it('asks for votes where they are wanted', async () => {
    const model = judge();
    const { comparisons } = await rankCandidates(model, rubrics, task(10, 20), { votes: 3 });
    expect(model.requests).toHaveLength(6);
    expect(comparisons[0]!.judgment.orders[0]!.votes).toEqual({ A: 0, B: 3, none: 0 });
  });

  it.each([
    ['twins', task(10, 20, 10), /q10\.ts and q10\.ts do not differ/],
    ['one alone', task(10), /at least two/],
  ])('refuses %s before asking', async (_, given, message) => {
    const model = judge();
    await expect(rankCandidates(model, rubrics, given)).rejects.toThrow(message);
    expect(model.requests).toEqual([]);
  });
});
