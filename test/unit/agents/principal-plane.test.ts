/** Vectors on the plane in which they differ most. */
import { describe, expect, it } from 'vitest';
import { principalPlane } from '../../../server/agents/principal-plane.ts';
import { seededRandom } from '../../../server/runtime/sampling.ts';

const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.sqrt(Array.from(a, (value, i) => (value - b[i]!) ** 2).reduce((sum, square) => sum + square, 0));

describe('the principal plane', () => {
  it('keeps all distances of vectors that lie on a plane', () => {
    const random = seededRandom(3);
    const axes = [1, 2].map(() => Float32Array.from({ length: 20 }, () => random() - 0.5));
    const vectors = Array.from({ length: 12 }, () => {
      const [a, b] = [10 * random(), random()];
      return axes[0]!.map((value, i) => 3 + a * value + b * axes[1]![i]!);
    });
    const points = principalPlane(vectors);
    for (const [i, a] of vectors.entries())
      for (const [j, b] of vectors.entries())
        expect(distance(points[i]!, points[j]!)).toBeCloseTo(distance(a, b), 4);
  });

  it('puts the larger spread on the first axis', () => {
    const vectors = [
      [0, 0, 9],
      [0, 1, -9],
      [0, -1, 5],
      [0, 0, -5],
    ].map((values) => Float32Array.from(values));
    const points = principalPlane(vectors);
    const spread = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis] ** 2, 0);
    expect(spread(0)).toBeGreaterThan(50 * spread(1));
    expect(spread(1)).toBeGreaterThan(0.5);
  });

  it('is a point for one vector, a line for two, and nothing for none', () => {
    expect(principalPlane([])).toEqual([]);
    expect(principalPlane([Float32Array.of(1, 2)])).toEqual([[0, 0]]);
    const [a, b] = principalPlane([Float32Array.of(0, 0), Float32Array.of(3, 4)]);
    expect(distance(a!, b!)).toBeCloseTo(5, 5);
    expect([a![1], b![1]]).toEqual([0, 0]);
  });
});
