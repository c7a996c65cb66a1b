/** Whole decoders on quantized weights: the graph against one with the same weights as plain float32, and the error. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Checkpoint, openCheckpoint } from '../../../../server/runtime/checkpoint.ts';
import { Engine } from '../../../../server/runtime/engine/engine.ts';
import { loadLanguageModel } from '../../../../server/runtime/load.ts';
import { DataType } from '../../../../server/runtime/onnx/schema.ts';
import { openQuantized } from '../../../../server/runtime/quantize/cache.ts';
import { layoutOf } from '../../../../server/runtime/quantize/layout.ts';
import {
  type Quantization,
  QUANTIZATIONS,
  resolveDtype,
} from '../../../../server/runtime/quantize/options.ts';
import { DecoderSession } from '../../../../server/runtime/session.ts';
import type { BlockFormat, FileRange, GraphWeights } from '../../../../server/runtime/stored.ts';
import { CHECKPOINTS, checkpointDirectory, golden, goldenTensors, relativeError } from '../fixtures.ts';
import { dequantize, temporaryDirectory } from './reference.ts';

async function evaluate({ spec }: Checkpoint, weights: GraphWeights, tokens: number[]) {
  const session = await DecoderSession.create(spec, weights, { threads: 1 });
  const engine = new Engine(session);
  const branch = await engine.open({ positions: tokens.length, priority: 'batch' });
  const evaluation = await branch.append(tokens, { rows: 'all' });
  branch.release();
  await engine.close();
  await session.dispose();
  return evaluation;
}

/** What a quantized copy says each weight is, written out as float32. */
async function writtenOut(checkpoint: Checkpoint, quantization: Quantization, cache: string) {
  const copy = await openQuantized(checkpoint, quantization, cache);
  const bytes = await readFile(join(copy.folder, 'weights.bin'));
  const slice = ({ offset, byteLength }: FileRange) => bytes.buffer.slice(offset, offset + byteLength);
  const values = layoutOf(checkpoint.spec, quantization).tensors.map(({ name, shape, rows, columns }) => {
    const stored = copy.locate(name, shape);
    if (stored.kind === 'plain') return new Float32Array(slice(stored));
    const packed = {
      codes: new Uint8Array(slice(stored.codes)),
      scales: new Float32Array(slice(stored.scales)),
      zeroPoints: new Uint8Array(stored.zeroPoints ? slice(stored.zeroPoints) : []),
    };
    return Float32Array.from(dequantize(packed, rows, columns, stored.format).flat());
  });
  await writeFile(join(cache, 'plain'), Buffer.concat(values.map((part) => new Uint8Array(part.buffer))));
  let offset = 0;
  const ranges = new Map<string, FileRange>();
  for (const [index, { name }] of layoutOf(checkpoint.spec, quantization).tensors.entries()) {
    const { byteLength } = values[index]!;
    ranges.set(name, { file: 'plain', offset, byteLength });
    offset += byteLength;
  }
  const plain: GraphWeights = {
    folder: cache,
    quantized: false,
    locate: (name) => ({ kind: 'plain', type: DataType.float, ...ranges.get(name)! }),
  };
  return { copy, plain };
}

const block = (bits: 4 | 8, blockSize: number, symmetric: boolean): BlockFormat => ({
  bits,
  blockSize,
  symmetric,
});

/** Blocks longer than the fixtures' rows (64, 96), too, whose tails the graph must cut off. */
const VARIANTS: [string, Quantization][] = [
  ['int4', { ...QUANTIZATIONS.int4, accuracyLevel: 0 }],
  ['int8', { ...QUANTIZATIONS.int8, accuracyLevel: 0 }],
  [
    'asymmetric, blocks of 128',
    { layers: block(4, 128, false), embeddings: block(8, 128, false), accuracyLevel: 0 },
  ],
  ['4 bits throughout', { layers: block(4, 32, false), embeddings: block(4, 128, false), accuracyLevel: 0 }],
  ['float32 embeddings', { layers: block(8, 32, false), embeddings: 'float32', accuracyLevel: 0 }],
];

describe.each(CHECKPOINTS)('%s', (name) => {
  it.each(VARIANTS)('computes with the quantized weights: %s', async (_, quantization) => {
    const checkpoint = await openCheckpoint(checkpointDirectory(name));
    const { prompt } = await golden(name);
    const { copy, plain } = await writtenOut(checkpoint, quantization, await temporaryDirectory());
    const actual = await evaluate(checkpoint, copy, prompt);
    const expected = await evaluate(checkpoint, plain, prompt);
    expect(relativeError(actual.logits, expected.logits)).toBeLessThan(1e-5);
    expect(relativeError(actual.hidden, expected.hidden)).toBeLessThan(1e-5);
  });

  // The fixtures' random weights magnify any error some twenty times (float32's own to 2e-6), so the bounds are wide;
  // what is exact is tested above, and bench/quantization-quality.mjs measures real models.
  it.each([
    ['int8', 0.25],
    ['int4', 1],
  ] as const)('stays near float32 in %s', async (dtype, bound) => {
    const cacheDir = await temporaryDirectory();
    const model = await loadLanguageModel(checkpointDirectory(name), { dtype, cacheDir, threads: 1 });
    const { logits } = await model.evaluate((await golden(name)).prompt);
    const error = relativeError(logits, (await goldenTensors(name)).prefill_logits);
    console.log(`${name} ${dtype}: relative error of the logits ${error.toExponential(1)}`);
    expect(error).toBeGreaterThan(1e-5);
    expect(error).toBeLessThan(bound);
    expect(model.info.dtype).toBe(dtype);
    await model.dispose();
  });
});

describe('resolveDtype', () => {
  it('leaves small models as they are and quantizes larger ones, unless told', () => {
    expect(resolveDtype('auto', 99e6)).toBe('fp32');
    expect(resolveDtype('auto', 101e6)).toBe('int8');
    expect(resolveDtype('auto', 2.6e9)).toBe('int4');
    expect(resolveDtype('int8', 1)).toBe('int8');
    expect(resolveDtype('fp32', 1e12)).toBe('fp32');
  });
});
