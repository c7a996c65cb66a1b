import { performance } from 'node:perf_hooks';
import * as ort from 'onnxruntime-node';
import { runtime } from './runtime.mjs';

const { GraphBuilder } = await runtime();

const ROWS = 256;
const COLUMNS = 1 << 20;

/** What this machine can read from memory: the sum of 1 GB of float32, by as many threads, at its best. */
export async function readBandwidth({ threads }) {
  const graph = new GraphBuilder();
  graph.input('x', 1, [ROWS, COLUMNS]);
  graph.constant('axes', BigInt64Array.of(1n), [1]);
  graph.node('sum', 'ReduceSum', ['x', 'axes'], { attributes: { keepdims: 0 } });
  graph.output('sum', 1, [ROWS]);
  const session = await ort.InferenceSession.create(graph.build('sum'), { intraOpNumThreads: threads });
  const x = new ort.Tensor('float32', new Float32Array(ROWS * COLUMNS).fill(1), [ROWS, COLUMNS]);
  const times = [];
  for (let repeat = 0; repeat < 7; repeat++) {
    const begin = performance.now();
    await session.run({ x });
    times.push(performance.now() - begin);
  }
  return { readGBs: (4 * ROWS * COLUMNS) / 1e6 / Math.min(...times) };
}
