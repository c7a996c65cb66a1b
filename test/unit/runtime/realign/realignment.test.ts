/** The way back from hidden states to input embeddings: the ridge solve and its cache. */
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Checkpoint, openCheckpoint } from '../../../../server/runtime/checkpoint.ts';
import { openRealignment } from '../../../../server/runtime/realign/cache.ts';
import { solve } from '../../../../server/runtime/realign/cholesky.ts';
import {
  embeddingTensors,
  norm,
  Realignment,
  RIDGE,
  solveRealignment,
} from '../../../../server/runtime/realign/realignment.ts';
import { rowBlocks } from '../../../../server/runtime/tensor-rows.ts';
import { seededRandom } from '../../../../server/runtime/sampling.ts';
import { type CheckpointName, checkpointDirectory, copyOf, expectVerityError } from '../fixtures.ts';

const checkpoint = (name: CheckpointName) => openCheckpoint(checkpointDirectory(name));

async function cacheFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'verity-realign-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** Input embeddings and head, as float64. */
async function matrices(of: Checkpoint): Promise<{ input: number[]; head: number[] }> {
  const { vocabSize: rows, hiddenSize: columns } = of.spec;
  const read = async (tensor: ReturnType<typeof embeddingTensors>['input']) => {
    const file = await open(tensor.file);
    const values: number[] = [];
    for await (const { weights } of rowBlocks(file, tensor, { rows, columns })) values.push(...weights);
    await file.close();
    return values;
  };
  const { input, head } = embeddingTensors(of);
  return { input: await read(input), head: await read(head) };
}

describe('the ridge solution', () => {
  it.each(['llama3-gqa', 'qwen3-sharded', 'llama-linear-mqa-bf16'] as const)(
    'has no gradient left in its least-squares problem: %s',
    async (name) => {
      const model = await checkpoint(name);
      const { matrix } = await solveRealignment(model);
      const { input, head } = await matrices(model);
      const { vocabSize, hiddenSize: h } = model.spec;
      // Woutᵀ(Wout·W − Win) + λW = 0
      let worst = 0;
      for (let row = 0; row < h; row += 7)
        for (let column = 0; column < h; column += 5) {
          let gradient = RIDGE * matrix[row * h + column]!;
          for (let token = 0; token < vocabSize; token++) {
            let predicted = 0;
            for (let k = 0; k < h; k++) predicted += head[token * h + k]! * matrix[k * h + column]!;
            gradient += head[token * h + row]! * (predicted - input[token * h + column]!);
          }
          worst = Math.max(worst, Math.abs(gradient));
        }
      expect(worst).toBeLessThan(1e-3);
    },
  );

  it('is nearly the identity where the head is tied, and is not where it is not', async () => {
    const distance = async (name: CheckpointName) => {
      const model = await checkpoint(name);
      const { matrix } = await solveRealignment(model);
      const h = model.spec.hiddenSize;
      return Math.max(...matrix.map((value, at) => Math.abs(value - (at % (h + 1) === 0 ? 1 : 0))));
    };
    expect(await distance('qwen3-sharded')).toBeLessThan(1e-5);
    expect(await distance('llama3-gqa')).toBeGreaterThan(0.1);
  });

  it('scales every vector to the mean norm of the input embeddings', async () => {
    const model = await checkpoint('llama3-gqa');
    const realignment = await solveRealignment(model);
    const { input } = await matrices(model);
    const h = model.spec.hiddenSize;
    const norms = Array.from({ length: input.length / h }, (_, row) =>
      norm(Float64Array.from(input.slice(row * h, (row + 1) * h))),
    );
    const mean = norms.reduce((sum, value) => sum + value, 0) / norms.length;
    const random = seededRandom(1);
    for (const scale of [1e-3, 1, 1e3]) {
      const hidden = Float32Array.from({ length: h }, () => scale * (random() - 0.5));
      expect(norm(realignment.apply(hidden)) / mean).toBeCloseTo(1, 5);
    }
  });

  it('leaves the zero vector zero', () => {
    expect([...new Realignment(Float32Array.of(1, 0, 0, 1), 3).apply(new Float32Array(2))]).toEqual([0, 0]);
  });
});

describe('Cholesky', () => {
  it('solves a system that is known', async () => {
    const a = Float64Array.of(4, 2, 2, 2, 5, 3, 2, 3, 6);
    const x = Float64Array.of(1, -2, 3, 0.5, -1, 4);
    const b = new Float64Array(6);
    for (let i = 0; i < 3; i++)
      for (let c = 0; c < 2; c++) for (let k = 0; k < 3; k++) b[i * 2 + c]! += a[i * 3 + k]! * x[k * 2 + c]!;
    for (const [at, value] of (await solve(a, b, 3)).entries()) expect(value).toBeCloseTo(x[at]!, 12);
  });

  it('refuses a matrix that is not positive definite', async () => {
    const singular = Float64Array.of(1, 1, 1, 1);
    await expectVerityError(solve(singular, Float64Array.of(1, 2), 2), 'badModel', /text team/);
  });
});

describe('the cache', () => {
  it('is named by the weights: a copy elsewhere finds it, other weights do not', async () => {
    const folder = await cacheFolder();
    const { matrix } = await openRealignment(await checkpoint('llama3-gqa'), folder);
    const [file] = await readdir(folder);
    const kept = await readFile(join(folder, file!));
    // What is found there is used: a marked matrix comes back.
    const marked = Buffer.from(kept);
    marked.writeFloatLE(42, marked.length - 4 * (1 + matrix.length));
    await writeFile(join(folder, file!), marked);
    const copy = await openCheckpoint(await copyOf('llama3-gqa'));
    expect((await openRealignment(copy, folder)).matrix[0]).toBe(42);
    await openRealignment(await checkpoint('qwen3-sharded'), folder);
    expect(await readdir(folder)).toHaveLength(2);
  });

  it('makes a truncated file again, and leaves nothing else behind', async () => {
    const folder = await cacheFolder();
    const model = await checkpoint('llama3-gqa');
    const { matrix } = await openRealignment(model, folder);
    const [file] = await readdir(folder);
    const kept = await readFile(join(folder, file!));
    await writeFile(join(folder, file!), kept.subarray(0, kept.length - 100));
    expect((await openRealignment(model, folder)).matrix).toEqual(matrix);
    expect(await readFile(join(folder, file!))).toEqual(kept);
    expect(await readdir(folder)).toEqual([file]);
  });

  it('is no condition: without a folder to write to the matrix is solved each time', async () => {
    const { matrix } = await openRealignment(
      await checkpoint('llama3-gqa'),
      join(import.meta.filename, 'below a file'),
    );
    expect(matrix).toHaveLength(64 ** 2);
  });
});
