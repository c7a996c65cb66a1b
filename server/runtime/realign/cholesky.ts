/** Solves A·X = B for a symmetric positive definite A by Cholesky's decomposition, in double precision. */
import { VerityError } from '../errors.ts';

/** Multiply-adds between two looks at what else the process has to do: some 50 ms. */
const PATIENCE = 2 ** 25;

/**
 * X [n, columns], row-major. A [n, n] and B [n, columns] are overwritten.
 * @throws VerityError badModel if A is not positive definite.
 */
export async function solve(a: Float64Array, b: Float64Array, n: number): Promise<Float64Array> {
  const columns = b.length / n;
  let work = 0;
  const breathe = async (done: number) => {
    if ((work += done) < PATIENCE) return;
    work = 0;
    await new Promise((resolve) => setImmediate(resolve));
  };
  for (let i = 0; i < n; i++) {
    decomposeRow(a, n, i);
    await breathe((i * i) / 2);
  }
  // L·Y = B from the first row on, then Lᵀ·X = Y from the last one back; Y and X take B's place.
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) subtractRow(b, columns, i, k, a[i * n + k]!);
    divideRow(b, columns, i, a[i * n + i]!);
    await breathe(i * columns);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) subtractRow(b, columns, i, k, a[k * n + i]!);
    divideRow(b, columns, i, a[i * n + i]!);
    await breathe((n - i) * columns);
  }
  return b;
}

/** Row i of L with A = L·Lᵀ, in place of the lower half of A's; the rows above are L's already. */
function decomposeRow(a: Float64Array, n: number, i: number): void {
  for (let j = 0; j <= i; j++) {
    let rest = a[i * n + j]!;
    for (let k = 0; k < j; k++) rest -= a[i * n + k]! * a[j * n + k]!;
    if (j < i) a[i * n + j] = rest / a[j * n + j]!;
    else if (rest > 0) a[i * n + i] = Math.sqrt(rest);
    else
      throw new VerityError(
        'badModel',
        "The model's embeddings leave no realignment matrix: they are not independent enough. Use a text team.",
      );
  }
}

function subtractRow(b: Float64Array, columns: number, row: number, other: number, factor: number): void {
  const [to, from] = [row * columns, other * columns];
  for (let column = 0; column < columns; column++) b[to + column]! -= factor * b[from + column]!;
}

function divideRow(b: Float64Array, columns: number, row: number, by: number): void {
  const end = (row + 1) * columns;
  for (let at = row * columns; at < end; at++) b[at]! /= by;
}
