/** Random trees: what the engine answers for each path is what the path gives when it is run alone. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Engine } from '../../../../server/runtime/engine/engine.ts';
import { openCheckpoint } from '../../../../server/runtime/checkpoint.ts';
import { DecoderSession } from '../../../../server/runtime/session.ts';
import { type CheckpointName, checkpointDirectory, relativeError } from '../fixtures.ts';
import { RandomTrees, type Reference, type Step, steps } from './random-trees.ts';
import { follow, logitsOf, type Position, SimulatedDecoder } from './simulated-decoder.ts';

const CONTEXT = 64;
/** Of the session that evaluates paths alone: what was spliced brings along all that it saw. */
const REFERENCE_CONTEXT = 512;
const CHUNK = 8;
const TOLERANCE = 1e-4;

type Content = number | Float32Array;

describe('on a simulated decoder', () => {
  /** `node` names the trie's node, `cell` the position whose key and value it refers to. */
  type Path = (Position & { node: string; cell: string })[];
  const latents = [1, 2, 3].map((value) => Float32Array.of(value, 0, 0, 0));
  const name = (content: Content) => (typeof content === 'number' ? `${content}` : `L${content[0]}`);

  const reference: Reference<Path> = {
    empty: [],
    extend: (path, content) => {
      const node = `${path.at(-1)?.node ?? ''}/${name(content)}`;
      return [...path, { ...follow(path, content, reference.length(path)), node, cell: node }];
    },
    shorten: (path, count) => path.slice(0, Math.max(0, path.length - count)),
    splice: (path, other, count) => {
      const spliced = other.slice(-count);
      return spliced.reduce((joined, position) => {
        const node = `${joined.at(-1)?.node ?? ''}/(${position.cell})`;
        return [...joined, { ...position, node }];
      }, path);
    },
    length: (path) => (path.at(-1)?.position ?? -1) + 1,
    keys: (path) => path.map(({ cell }) => cell),
    logits: (path) => logitsOf(path.at(-1)!),
  };

  it('evaluates every path rightly, pins exactly what is held, and gives all memory back', async () => {
    let evictions = 0;
    let arrangements = 0;
    const run = async (list: Step[]) => {
      const decoder = new SimulatedDecoder(CONTEXT);
      const engine = new Engine(decoder, { chunk: CHUNK, cacheBytes: 0 });
      const trees = new RandomTrees(engine, latents, reference, (actual, expected) =>
        expect(actual).toEqual(expected),
      );
      await trees.run(list);
      if (engine.stats.bytesMoved > 0) arrangements++;
      if (list.some((step) => step.do === 'evict')) evictions++;
    };
    await fc.assert(fc.asyncProperty(steps(80), run), { numRuns: 400 });
    // The runs are not worth much if they never come to the hard parts.
    expect(evictions).toBeGreaterThan(100);
    expect(arrangements).toBeGreaterThan(100);
  });
});

/** A key and a value: of what, at which RoPE position, and computed beside which others. */
interface Cell {
  word: string;
  content: Content;
  position: number;
  sees: readonly Cell[];
}

describe.each(['qwen3-sharded', 'llama-yarn-mha-f16'] as const)('on %s', async (checkpoint) => {
  const session = await shortSession(checkpoint, CONTEXT);
  const referenceSession = await shortSession(checkpoint, REFERENCE_CONTEXT);
  await referenceSession.arrange({ capacity: REFERENCE_CONTEXT, moves: [] });
  afterAll(async () => {
    await session.dispose();
    await referenceSession.dispose();
  });
  const latents = [1, 2, 3].map((seed) => latent(session.spec.hiddenSize, seed));
  const known = new Map<string, Float32Array>();
  const name = (content: Content) =>
    typeof content === 'number' ? `${content}` : `L${latents.indexOf(content)}`;

  type Path = { node: string; cell: Cell }[];
  let splices = 0;
  const reference: Reference<Path> = {
    empty: [],
    extend: (path, content) => {
      const node = `${path.at(-1)?.node ?? ''}/${name(content)}`;
      const sees = path.map(({ cell }) => cell);
      return [...path, { node, cell: { word: node, content, position: reference.length(path), sees } }];
    },
    shorten: (path, count) => path.slice(0, Math.max(0, path.length - count)),
    splice: (path, other, count) => {
      splices++;
      return other.slice(-count).reduce((joined, { cell }) => {
        const node = `${joined.at(-1)?.node ?? ''}/(${cell.word})`;
        return [...joined, { node, cell }];
      }, path);
    },
    length: (path) => (path.at(-1)?.cell.position ?? -1) + 1,
    keys: (path) => path.map(({ cell }) => cell.word),
    logits: async (path) => {
      const { node, cell } = path.at(-1)!;
      const expected = known.get(node) ?? (await inPlace(referenceSession, cell));
      known.set(node, expected);
      return expected;
    },
  };

  it('evaluates every path as if it were alone, with all keys and values in place', async () => {
    let largest = 0;
    const run = async (list: Step[]) => {
      const engine = new Engine(session, { chunk: CHUNK, cacheBytes: 0 });
      const trees = new RandomTrees(engine, latents, reference, (actual, expected) => {
        const error = relativeError(actual, expected);
        expect(error).toBeLessThan(TOLERANCE);
        largest = Math.max(largest, error);
      });
      await trees.run(list);
    };
    // A fixed seed: how many of the trees have spliced memory is asked for below, and must not be left to luck.
    await fc.assert(fc.asyncProperty(steps(50), run), { numRuns: 200, seed: 1 });
    const spliced = [...known.keys()].filter((node) => node.includes('(')).length;
    console.log(`${checkpoint}: ${known.size} paths, ${spliced} on spliced memory, largest error ${largest}`);
    expect([splices, spliced].every((count) => count > 20)).toBe(true);
  });

  it('evaluates on spliced memory what it evaluates where that memory was computed', async () => {
    const engine = new Engine(session, { chunk: CHUNK, cacheBytes: 0 });
    const open = () => engine.open({ positions: 0, priority: 'panel' });
    const [source, target] = [await open(), await open()];
    const prefix = [7, 3, 11, 2];
    await source.append([...prefix, 5, latents[0]!, 9]);
    await target.append(prefix);
    const computed = engine.stats.forwardedTokens;
    target.splice(source.nodes.slice(prefix.length));
    expect(engine.stats).toMatchObject({ forwardedTokens: computed, livePositions: 7 });
    const [there, here] = [
      await source.append([4, 1], { rows: 'all' }),
      await target.append([4, 1], { rows: 'all' }),
    ];
    expect(relativeError(here.logits, there.logits)).toBeLessThan(TOLERANCE);
    // Without the memory it would be something else.
    const bare = await open();
    const without = await bare.append([...prefix, 4, 1], { rows: 'all' });
    expect(relativeError(without.logits.subarray(-there.logits.length), there.logits)).toBeGreaterThan(0.01);
    for (const branch of [source, target, bare]) branch.release();
    await engine.evict(0);
  });
});

/** A session with a short context, so that small trees already fill the cache. */
async function shortSession(name: CheckpointName, contextLength: number): Promise<DecoderSession> {
  const { spec, weights } = await openCheckpoint(checkpointDirectory(name));
  return DecoderSession.create({ ...spec, contextLength }, weights, { threads: 1 });
}

/** Random values of about an embedding's size. */
function latent(width: number, seed: number): Float32Array {
  return Float32Array.from({ length: width }, (_, index) => 0.1 * Math.sin(seed * 37 + index * (seed + 1.3)));
}

/**
 * The logits at a cell, from one forward without any cached position: of all cells that it sees, or that those saw when
 * they were computed, each at its own RoPE position and seeing exactly those.
 */
async function inPlace(session: DecoderSession, last: Cell): Promise<Float32Array> {
  const row = new Map<string, number>();
  const cells: Cell[] = [];
  const add = (cell: Cell): void => {
    if (row.has(cell.word)) return;
    for (const seen of cell.sees) add(seen);
    row.set(cell.word, cells.length);
    cells.push(cell);
  };
  add(last);
  const count = cells.length;
  const mask = new Float32Array(count * count).fill(-Infinity);
  for (const [at, cell] of cells.entries())
    for (const seen of [...cell.sees, cell]) mask[at * count + row.get(seen.word)!] = 0;
  const contents = cells.map(({ content }) => content);
  const positions = cells.map(({ position }) => position);
  return (await session.forward({ contents, positions, past: 0, mask, rows: [count - 1] })).logits;
}
