/** The tree mask, embeddings as input, growth of the K/V cache and reuse of a shared prefix. */
import { open } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../server/runtime/checkpoint.ts';
import { Sequence } from '../../../server/runtime/sequence.ts';
import { causalMask, DecoderSession } from '../../../server/runtime/session.ts';
import { type CheckpointName, checkpointDirectory, golden, relativeError } from './fixtures.ts';
import { readSafetensorsHeader } from '../../../server/runtime/safetensors.ts';

const ROUNDING = 1e-5;

async function openSession(name: CheckpointName) {
  const { spec, weights } = await openCheckpoint(checkpointDirectory(name));
  return DecoderSession.create(spec, weights, { threads: 1 });
}

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

describe.each(['llama3-gqa', 'qwen2-tied-f16', 'qwen3-sharded'] as const)('%s', async (name) => {
  const session = await openSession(name);
  const { vocabSize } = session.spec;
  const prompt = (await golden(name)).prompt.slice(0, 12);
  const alone = (tokens: number[]) => new Sequence(session).advance(tokens);
  afterAll(() => session.dispose());

  // Two branches with a common first token, interleaved in the slots: 5-(6-8, 7-9).
  const parents = [-1, 0, 0, 1, 2];
  const tokens = [5, 6, 7, 8, 9];
  const paths = [[5], [5, 6], [5, 7], [5, 6, 8], [5, 7, 9]];

  it.each([0, 12])(
    'evaluates a tree behind %d cached positions like each of its paths alone',
    async (past) => {
      const expected = [];
      for (const path of paths) expected.push(await alone([...prompt.slice(0, past), ...path]));
      if (past > 0) await alone(prompt);
      const { logits } = await session.forward({
        input: { tokens },
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
    const expected = [await alone([...prompt, 6, 8]), await alone([...prompt, 7, 9])];
    await alone(prompt);
    const roots = [-1, -1];
    await session.forward({
      input: { tokens: [6, 7] },
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
      input: { tokens: [8, 9] },
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
    const all = await session.forward({ input: { tokens: prompt }, positions, past: 0, rows: positions });
    const some = await session.forward({ input: { tokens: prompt }, positions, past: 0, rows: [7, 2] });
    const row = (index: number) => all.logits.subarray(index * vocabSize, (index + 1) * vocabSize);
    expect(relativeError(some.logits.subarray(0, vocabSize), row(7))).toBeLessThan(ROUNDING);
    expect(relativeError(some.logits.subarray(vocabSize), row(2))).toBeLessThan(ROUNDING);
    expect(some.hidden.length).toBe(prompt.length * session.spec.hiddenSize);
  });
});

describe('embeddings as input', async () => {
  const name = 'llama3-gqa';
  const session = await openSession(name);
  const { prompt } = await golden(name);
  afterAll(() => session.dispose());

  it('give the logits of the tokens they belong to, mixed with tokens on one cache', async () => {
    const embeddings = await embeddingRows(name, prompt, session.spec.hiddenSize);
    const expected = await new Sequence(session).advance([...prompt, 3]);
    const positions = [...prompt.keys()];
    await session.forward({ input: { embeddings }, positions, past: 0, rows: [] });
    const { logits } = await session.forward({
      input: { tokens: [3] },
      positions: [prompt.length],
      past: prompt.length,
      rows: [0],
    });
    expect(relativeError(logits, expected)).toBeLessThan(ROUNDING);
  });
});

async function embeddingRows(name: CheckpointName, tokens: number[], width: number): Promise<Float32Array> {
  const file = `${checkpointDirectory(name)}/model.safetensors`;
  const { offset } = (await readSafetensorsHeader(file)).get('model.embed_tokens.weight')!;
  const handle = await open(file);
  const rows = new Float32Array(tokens.length * width);
  for (const [index, token] of tokens.entries())
    await handle.read(new Uint8Array(rows.buffer), 4 * index * width, 4 * width, offset + 4 * token * width);
  await handle.close();
  return rows;
}

describe('Sequence', async () => {
  const session = await openSession('qwen3-sharded');
  const { prompt } = await golden('qwen3-sharded');
  // Longer than one chunk of the prefill and than the first capacity of the cache.
  const long = Array.from({ length: 400 }, (_, index) => prompt[index % prompt.length]!);
  afterAll(() => session.dispose());

  it('computes only what follows the prefix it has, with the result of a cold start', async () => {
    const warm = new Sequence(session);
    await warm.advance(long.slice(0, 300));
    const branch = [...long.slice(0, 200), 1, 2, 3];
    const before = warm.forwardedTokens;
    const reused = await warm.advance(branch);
    expect(warm.forwardedTokens - before).toBe(3);
    expect(relativeError(reused, await new Sequence(session).advance(branch))).toBeLessThan(ROUNDING);
  });

  it('evaluates the last token again when the whole sequence is cached', async () => {
    const sequence = new Sequence(session);
    const first = await sequence.advance(prompt);
    expect(relativeError(await sequence.advance(prompt), first)).toBeLessThan(ROUNDING);
    expect(sequence.forwardedTokens).toBe(prompt.length + 1);
  });

  it('keeps keys and values when the cache grows', async () => {
    const growing = await openSession('qwen3-sharded');
    const sequence = new Sequence(growing);
    await sequence.advance(long.slice(0, 250));
    const small = growing.cacheBytes;
    const grown = await sequence.advance(long.slice(0, 260));
    expect(growing.cacheBytes).toBe(2 * small);
    expect(relativeError(grown, await new Sequence(session).advance(long.slice(0, 260)))).toBeLessThan(
      ROUNDING,
    );
    await growing.dispose();
  });

  it('gives the same logits for a prompt in several chunks as position by position', async () => {
    const chunked = await new Sequence(session).advance(long);
    const { logits } = await new Sequence(session).evaluate(long);
    expect(relativeError(chunked, logits.subarray(-session.spec.vocabSize))).toBeLessThan(ROUNDING);
  });

  it('stops between two chunks when cancelled, and goes on from what it has', async () => {
    const sequence = new Sequence(session);
    const controller = new AbortController();
    const running = sequence.advance(long, controller.signal);
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    expect(sequence.forwardedTokens).toBe(256);
    await sequence.advance(long);
    expect(sequence.forwardedTokens).toBe(long.length);
  });
});

describe('causalMask', () => {
  it('hides later positions', () => {
    const hide = -Infinity;
    expect([...causalMask(1, 2)]).toEqual([0, 0, hide, 0, 0, 0]);
  });
});
