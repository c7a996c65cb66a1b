/** The decoder graph on a cache: the tree mask, latent vectors as input, and moving slots. */
import { open } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { type CheckpointName, checkpointDirectory, golden, openSession, relativeError } from './fixtures.ts';
import { causalMask } from '../../../server/runtime/attention/causal-mask.ts';
import { readSafetensorsHeader } from '../../../server/runtime/safetensors.ts';
import type { DecoderSession } from '../../../server/runtime/session.ts';

const ROUNDING = 1e-5;
const CAPACITY = 64;

/** Additive mask [S × (past + S)]: each new position sees the past, its ancestors and itself. */
function treeMask(parents: number[], past: number): Float32Array {
  const total = past + parents.length;
  const mask = new Float32Array(parents.length * total).fill(-Infinity);
  for (const row of parents.keys()) {
    mask.fill(0, row * total, row * total + past);
    for (let node = row; node >= 0; node = parents[node]!) mask[row * total + past + node] = 0;
  }
  return mask;
}

const depth = (parents: number[], node: number): number =>
  node < 0 ? 0 : 1 + depth(parents, parents[node]!);

/** Evaluates one sequence from slot 0 on; the logits of its last position. */
async function alone(session: DecoderSession, contents: (number | Float32Array)[]): Promise<Float32Array> {
  const count = contents.length;
  const positions = [...contents.keys()];
  const mask = causalMask(0, count);
  return (await session.forward({ contents, positions, past: 0, mask, rows: [count - 1] })).logits;
}

describe.each(['llama3-gqa', 'qwen2-tied-f16', 'qwen3-sharded'] as const)('%s', async (name) => {
  const session = await openSession(name);
  await session.arrange({ capacity: CAPACITY, moves: [] });
  const { vocabSize } = session.spec;
  const prompt = (await golden(name)).prompt.slice(0, 12);
  afterAll(() => session.dispose());

  // Two branches with a common first token, interleaved in the slots: 5-(6-8, 7-9).
  const parents = [-1, 0, 0, 1, 2];
  const tokens = [5, 6, 7, 8, 9];
  const paths = [[5], [5, 6], [5, 7], [5, 6, 8], [5, 7, 9]];

  it.each([0, 12])(
    'evaluates a tree behind %d cached positions like each of its paths alone',
    async (past) => {
      const expected = [];
      for (const path of paths) expected.push(await alone(session, [...prompt.slice(0, past), ...path]));
      if (past > 0) await alone(session, prompt);
      const { logits } = await session.forward({
        contents: tokens,
        positions: parents.map((_, node) => past + depth(parents, node) - 1),
        past,
        mask: treeMask(parents, past),
        rows: [0, 1, 2, 3, 4],
      });
      for (const [row, path] of expected.entries())
        expect(relativeError(logits.subarray(row * vocabSize, (row + 1) * vocabSize), path)).toBeLessThan(
          ROUNDING,
        );
    },
  );

  it('continues branches that lie side by side in the cache', async () => {
    const past = prompt.length;
    const expected = [await alone(session, [...prompt, 6, 8]), await alone(session, [...prompt, 7, 9])];
    await alone(session, prompt);
    const roots = [-1, -1];
    await session.forward({
      contents: [6, 7],
      positions: [past, past],
      past,
      mask: treeMask(roots, past),
      rows: [],
    });
    const mask = new Float32Array(2 * (past + 4)).fill(-Infinity);
    for (const row of [0, 1]) {
      mask.fill(0, row * (past + 4), row * (past + 4) + past);
      mask[row * (past + 4) + past + row] = 0;
      mask[row * (past + 4) + past + 2 + row] = 0;
    }
    const { logits } = await session.forward({
      contents: [8, 9],
      positions: [past + 1, past + 1],
      past: past + 2,
      mask,
      rows: [0, 1],
    });
    for (const row of [0, 1])
      expect(
        relativeError(logits.subarray(row * vocabSize, (row + 1) * vocabSize), expected[row]!),
      ).toBeLessThan(ROUNDING);
  });

  it('returns logits of the rows asked for, in their order, and hidden states of all', async () => {
    const positions = [...prompt.keys()];
    const input = { contents: prompt, positions, past: 0, mask: causalMask(0, prompt.length) };
    const all = await session.forward({ ...input, rows: positions });
    const some = await session.forward({ ...input, rows: [7, 2] });
    const row = (index: number) => all.logits.subarray(index * vocabSize, (index + 1) * vocabSize);
    expect(relativeError(some.logits.subarray(0, vocabSize), row(7))).toBeLessThan(ROUNDING);
    expect(relativeError(some.logits.subarray(vocabSize), row(2))).toBeLessThan(ROUNDING);
    expect(some.hidden.length).toBe(prompt.length * session.spec.hiddenSize);
  });

  it('reads keys and values wherever they were moved to', async () => {
    const past = prompt.length;
    const expected = await alone(session, [...prompt, 5]);
    await alone(session, prompt);
    const next = {
      contents: [5],
      positions: [past],
      past,
      mask: causalMask(past, 1),
      rows: [0],
    };
    const bytes = await session.arrange({
      capacity: CAPACITY,
      moves: [
        { from: 0, to: 5, count: 2 },
        { from: 5, to: 0, count: 2 },
        { from: 9, to: 11, count: 1 },
        { from: 11, to: 9, count: 1 },
      ],
    });
    expect(bytes).toBe(6 * session.bytesPerPosition);
    expect(relativeError((await session.forward(next)).logits, expected)).toBeLessThan(ROUNDING);
    await session.arrange({ capacity: 2 * CAPACITY, moves: [{ from: 0, to: 0, count: past }] });
    expect(session.cacheBytes).toBe(2 * CAPACITY * session.bytesPerPosition);
    expect(relativeError((await session.forward(next)).logits, expected)).toBeLessThan(ROUNDING);
  });
});

describe('latent vectors as input', async () => {
  const name = 'llama3-gqa';
  const session = await openSession(name);
  await session.arrange({ capacity: CAPACITY, moves: [] });
  const { prompt } = await golden(name);
  afterAll(() => session.dispose());

  it('give the logits of the tokens whose embeddings they are, alone and mixed with tokens', async () => {
    const embeddings = await embeddingRows(name, prompt, session.spec.hiddenSize);
    const expected = await alone(session, [...prompt, 3]);
    const mixed = prompt.map((token, index) => (index % 3 === 0 ? token : embeddings[index]!));
    expect(relativeError(await alone(session, [...embeddings, 3]), expected)).toBeLessThan(ROUNDING);
    expect(relativeError(await alone(session, [...mixed, 3]), expected)).toBeLessThan(ROUNDING);
  });
});

async function embeddingRows(name: CheckpointName, tokens: number[], width: number): Promise<Float32Array[]> {
  const file = `${checkpointDirectory(name)}/model.safetensors`;
  const { offset } = (await readSafetensorsHeader(file)).get('model.embed_tokens.weight')!;
  const handle = await open(file);
  const rows = tokens.map(() => new Float32Array(width));
  for (const [index, token] of tokens.entries())
    await handle.read(new Uint8Array(rows[index]!.buffer), 0, 4 * width, offset + 4 * token * width);
  await handle.close();
  return rows;
}
