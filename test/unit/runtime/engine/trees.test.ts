/** Random trees: what the engine answers for each path is what the path gives when it is run alone. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { causalMask } from '../../../../server/runtime/attention/causal-mask.ts';
import { Engine } from '../../../../server/runtime/engine/engine.ts';
import { openCheckpoint } from '../../../../server/runtime/checkpoint.ts';
import { DecoderSession } from '../../../../server/runtime/session.ts';
import { type CheckpointName, checkpointDirectory, relativeError } from '../fixtures.ts';
import { RandomTrees, type Reference, type Step, steps } from './random-trees.ts';
import { follow, logitsOf, type Position, SimulatedDecoder } from './simulated-decoder.ts';

const CONTEXT = 64;
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

describe.each(['qwen3-sharded', 'llama-yarn-mha-f16'] as const)('on %s', async (checkpoint) => {
  const session = await shortSession(checkpoint);
  const referenceSession = await shortSession(checkpoint);
  await referenceSession.arrange({ capacity: CONTEXT, moves: [] });
  afterAll(async () => {
    await session.dispose();
    await referenceSession.dispose();
  });
  const latents = [1, 2, 3].map((seed) => latent(session.spec.hiddenSize, seed));
  const known = new Map<string, Float32Array>();
  const name = (content: Content) =>
    typeof content === 'number' ? `${content}` : `L${latents.indexOf(content)}`;

  const reference: Reference<Content[]> = {
    empty: [],
    extend: (path, content) => [...path, content],
    shorten: (path, count) => path.slice(0, Math.max(0, path.length - count)),
    length: (path) => path.length,
    keys: (path) =>
      path.map((_, index) =>
        path
          .slice(0, index + 1)
          .map(name)
          .join('/'),
      ),
    logits: async (path) => {
      const key = path.map(name).join('/');
      const expected = known.get(key) ?? (await alone(referenceSession, path));
      known.set(key, expected);
      return expected;
    },
  };

  it('evaluates every path as if it were alone', async () => {
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
    await fc.assert(fc.asyncProperty(steps(50), run), { numRuns: 120 });
    console.log(`${checkpoint}: ${known.size} paths, largest error ${largest.toExponential(1)}`);
  });
});

/** A session with a short context, so that small trees already fill the cache. */
async function shortSession(name: CheckpointName): Promise<DecoderSession> {
  const { spec, weights } = await openCheckpoint(checkpointDirectory(name));
  return DecoderSession.create({ ...spec, contextLength: CONTEXT }, weights, { threads: 1 });
}

/** Random values of about an embedding's size. */
function latent(width: number, seed: number): Float32Array {
  return Float32Array.from({ length: width }, (_, index) => 0.1 * Math.sin(seed * 37 + index * (seed + 1.3)));
}

async function alone(session: DecoderSession, contents: Content[]): Promise<Float32Array> {
  const count = contents.length;
  const positions = [...contents.keys()];
  const mask = causalMask(0, count);
  return (await session.forward({ contents, positions, past: 0, mask, rows: [count - 1] })).logits;
}
