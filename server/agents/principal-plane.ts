/** Vectors on the plane in which they differ most: their two main components, for a plot. */

const ROUNDS = 64;

export type Point = [x: number, y: number];

/** One point per vector, in order. The plane is that of all vectors together. */
export function principalPlane(vectors: readonly Float32Array[]): Point[] {
  const centered = center(vectors);
  const first = mainAxis(centered, []);
  const second = mainAxis(centered, [first]);
  return centered.map((vector) => [dot(vector, first), dot(vector, second)]);
}

function center(vectors: readonly Float32Array[]): Float64Array[] {
  const mean = new Float64Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) for (let i = 0; i < mean.length; i++) mean[i]! += vector[i]! / vectors.length;
  return vectors.map((vector) => Float64Array.from(vector, (value, i) => value - mean[i]!));
}

/** The direction of the largest spread among those at right angles to `others`, by power iteration; 0 if there is none. */
function mainAxis(vectors: readonly Float64Array[], others: readonly Float64Array[]): Float64Array {
  // The longest vector at right angles is never at right angles to all spread.
  const candidates = vectors.map((vector) => without(vector, others));
  const zero = new Float64Array(vectors[0]?.length ?? 0);
  let axis = candidates.reduce((best, each) => (dot(each, each) > dot(best, best) ? each : best), zero);
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Float64Array(axis.length);
    for (const vector of candidates) {
      const weight = dot(vector, axis);
      for (let i = 0; i < next.length; i++) next[i]! += weight * vector[i]!;
    }
    const length = Math.sqrt(dot(next, next));
    if (length === 0) return next;
    axis = next.map((value) => value / length);
  }
  return axis;
}

function without(vector: Float64Array, axes: readonly Float64Array[]): Float64Array {
  return axes.reduce((rest, axis) => {
    const share = dot(rest, axis);
    return rest.map((value, i) => value - share * axis[i]!);
  }, vector);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < b.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
