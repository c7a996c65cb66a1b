/** The packing against a plain reference, on shapes of every kind, and ONNX Runtime's reading of it. */
import fc from 'fast-check';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../../server/runtime/onnx/builder.ts';
import { DataType } from '../../../../server/runtime/onnx/schema.ts';
import { allocateRows, type BlockRows, quantizeRows } from '../../../../server/runtime/quantize/blocks.ts';
import type { BlockFormat } from '../../../../server/runtime/stored.ts';
import { relativeError } from '../fixtures.ts';
import { dequantize, type Matrix, temporaryDirectory, writeParts } from './reference.ts';

const format = fc.record({
  bits: fc.constantFrom(4 as const, 8 as const),
  blockSize: fc.constantFrom(16, 32, 64, 128),
  symmetric: fc.boolean(),
});

/** Matrices whose last block is often a tail, with zeros, tiny and huge values among ordinary ones. */
const matrix = fc
  .record({ rows: fc.integer({ min: 1, max: 5 }), columns: fc.integer({ min: 1, max: 300 }) })
  .chain(({ rows, columns }) =>
    fc
      .array(fc.oneof({ weight: 8, arbitrary: fc.float({ min: -2, max: 2, noNaN: true }) }, extremes()), {
        minLength: rows * columns,
        maxLength: rows * columns,
      })
      .map((values): Matrix => ({ rows, columns, values: Float32Array.from(values) })),
  );

const extremes = () => fc.constantFrom(0, -0, 1e-45, -1e-38, 3.4e38, -3.4e38, 65_504);

function quantized({ rows, columns, values }: Matrix, kind: BlockFormat): BlockRows {
  const out = allocateRows(kind, rows, columns);
  // What was there before must not show.
  for (const part of [out.codes, out.scales, out.zeroPoints]) part.fill(77);
  quantizeRows(values, columns, kind, out);
  return out;
}

/** The rule of the module's head, one weight at a time, without a thought for speed. */
function reference({ rows, columns, values }: Matrix, kind: BlockFormat): number[][] {
  const { bits, blockSize, symmetric } = kind;
  const largest = 2 ** bits - 1;
  const result: number[][] = [];
  for (let row = 0; row < rows; row++) {
    const decoded: number[] = [];
    for (let start = 0; start < columns; start += blockSize) {
      const block = [
        ...values.subarray(row * columns + start, row * columns + Math.min(start + blockSize, columns)),
      ];
      const magnitudes = block.map(Math.abs);
      const extreme = block[magnitudes.indexOf(Math.max(...magnitudes))]!;
      const low = Math.min(0, ...block);
      const high = Math.max(0, ...block);
      const scale = Math.fround(symmetric ? (0 - extreme) / 2 ** (bits - 1) : (high - low) / largest);
      const zero = symmetric
        ? 2 ** (bits - 1)
        : scale === 0
          ? 0
          : Math.min(largest, Math.floor(-low / scale + 0.5));
      for (const weight of block) {
        const code = scale === 0 ? zero : Math.floor(weight * (1 / scale) + (zero + 0.5));
        decoded.push((Math.min(largest, Math.max(0, code)) - zero) * scale);
      }
    }
    result.push(decoded);
  }
  return result;
}

describe('quantizeRows', () => {
  it('packs what the rule says, for any shape and format', () => {
    fc.assert(
      fc.property(matrix, format, (weights, kind) => {
        const decoded = dequantize(quantized(weights, kind), weights.rows, weights.columns, kind);
        expect(decoded).toEqual(reference(weights, kind));
      }),
      { numRuns: 300 },
    );
  });

  it('is never farther from a weight than half a step, or one where the symmetric range is clamped', () => {
    fc.assert(
      fc.property(matrix, format, (weights, kind) => {
        const packed = quantized(weights, kind);
        const decoded = dequantize(packed, weights.rows, weights.columns, kind).flat();
        const blocks = Math.ceil(weights.columns / kind.blockSize);
        for (const [index, value] of decoded.entries()) {
          const row = Math.floor(index / weights.columns);
          const block = Math.floor((index % weights.columns) / kind.blockSize);
          const step = Math.abs(packed.scales[row * blocks + block]!);
          const allowed = (kind.symmetric ? 1 : 0.5) * step * (1 + 1e-4) + 2 ** -140;
          expect(Math.abs(value - weights.values[index]!)).toBeLessThanOrEqual(allowed);
        }
      }),
    );
  });

  it.each([
    [true, [-8, 7, 0, 1], [0x0f << 4, 0x98], 1],
    [true, [8, -7, 0, 1], [0x0f << 4, 0x78], -1],
    [false, [-5, 10, 0, 1], [0xf0, 0x65], 1],
  ])('packs nibbles low first, symmetric %s, of %j', (symmetric, values, bytes, scale) => {
    const kind: BlockFormat = { bits: 4, blockSize: 16, symmetric };
    const packed = quantized({ rows: 1, columns: 4, values: Float32Array.from(values) }, kind);
    expect([...packed.codes.subarray(0, 2)]).toEqual(bytes);
    expect([...packed.scales]).toEqual([scale]);
    expect([...packed.zeroPoints]).toEqual(symmetric ? [] : [5]);
  });

  it('fills the tail of a block with zero points', () => {
    const kind: BlockFormat = { bits: 8, blockSize: 16, symmetric: false };
    const packed = quantized({ rows: 1, columns: 3, values: Float32Array.of(-1, 0, 254) }, kind);
    expect([...packed.codes]).toEqual([0, 1, 255, ...Array<number>(13).fill(1)]);
  });

  it('leaves a block of zeros zero', () => {
    const kind: BlockFormat = { bits: 4, blockSize: 16, symmetric: true };
    const packed = quantized({ rows: 1, columns: 16, values: new Float32Array(16) }, kind);
    expect(dequantize(packed, 1, 16, kind)).toEqual([Array<number>(16).fill(0)]);
  });
});

/** Runs a graph of one operator that reads a quantized matrix from external data, as a decoder's graph does. */
async function runOperator(
  weights: Matrix,
  kind: BlockFormat,
  operator: { name: string; codeShape: number[]; attributes: Record<string, number>; inputs: string[] },
  input: ort.Tensor,
): Promise<Float32Array> {
  const directory = await temporaryDirectory();
  const packed = quantized(weights, kind);
  const offsets = await writeParts(directory, 'weights', packed);
  const { rows } = weights;
  const graph = new GraphBuilder();
  graph.input('x', input.type === 'int64' ? DataType.int64 : DataType.float, [...input.dims]);
  const external = (name: string, type: DataType, shape: number[], part: number, bytes: number) =>
    graph.external(name, type, shape, 'weights', offsets[part]!, bytes);
  external('codes', DataType.uint8, operator.codeShape, 0, packed.codes.byteLength);
  external('scales', DataType.float, [rows, packed.scales.length / rows], 1, packed.scales.byteLength);
  if (!kind.symmetric)
    external('zeros', DataType.uint8, [rows, packed.zeroPoints.length / rows], 2, packed.zeroPoints.length);
  const inputs = [...operator.inputs, ...(kind.symmetric ? [] : ['zeros'])];
  graph.node('y', operator.name, inputs, { domain: 'com.microsoft', attributes: operator.attributes });
  graph.output('y', DataType.float, ['M', 'N']);
  const session = await ort.InferenceSession.create(graph.build('test'), {
    intraOpNumThreads: 1,
    extra: { session: { model_external_initializers_file_folder_path: directory } },
  });
  const { y } = await session.run({ x: input });
  await session.release();
  return y!.data as Float32Array;
}

const FORMATS = [4, 8].flatMap((bits) =>
  [32, 128].flatMap((blockSize) =>
    [true, false].map((symmetric) => ({ bits, blockSize, symmetric }) as BlockFormat),
  ),
);

const random = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, index) => Math.sin(12.9898 * index) * Math.cos(78.233 * index));

describe.each(FORMATS)(
  'ONNX Runtime reads $bits bits, blocks of $blockSize, symmetric $symmetric',
  (kind) => {
    const { bits, blockSize } = kind;

    // Whole blocks; a tail; fewer columns than one block.
    it.each([256, 250, 20])('in MatMulNBits, %d columns', async (columns) => {
      const rows = 33;
      const weights = { rows, columns, values: random(rows * columns) };
      const blocks = Math.ceil(columns / blockSize);
      const batch = 3;
      const x = random(batch * columns).map((value) => value + 0.1);
      const matrix = dequantize(quantized(weights, kind), rows, columns, kind);
      const expected = Float32Array.from({ length: batch * rows }, (_, index) => {
        const [m, n] = [Math.floor(index / rows), index % rows];
        return matrix[n]!.reduce((sum, weight, k) => sum + weight * x[m * columns + k]!, 0);
      });
      // Level 0 computes in float32, level 4 with activations in int8, whose steps are 1/127 of a block's extreme.
      for (const [level, tolerance] of [
        [0, 1e-5],
        [4, 0.01],
      ] as const) {
        const actual = await runOperator(
          weights,
          kind,
          {
            name: 'MatMulNBits',
            codeShape: [rows, blocks, (blockSize * bits) / 8],
            attributes: { K: columns, N: rows, bits, block_size: blockSize, accuracy_level: level },
            inputs: ['x', 'codes', 'scales'],
          },
          new ort.Tensor('float32', x, [batch, columns]),
        );
        expect(relativeError(actual, expected)).toBeLessThan(tolerance);
      }
    });

    it('in GatherBlockQuantized, rows padded to whole blocks', async () => {
      const [rows, columns] = [7, 100];
      const weights = { rows, columns, values: random(rows * columns) };
      const blocks = Math.ceil(columns / blockSize);
      const padded = blocks * blockSize;
      const actual = await runOperator(
        weights,
        kind,
        {
          name: 'GatherBlockQuantized',
          codeShape: [rows, (padded * bits) / 8],
          attributes: { bits, block_size: blockSize, gather_axis: 0, quantize_axis: 1 },
          inputs: ['codes', 'x', 'scales'],
        },
        new ort.Tensor('int64', BigInt64Array.of(6n, 0n, 3n), [3]),
      );
      const matrix = dequantize(quantized(weights, kind), rows, columns, kind);
      const expected = [6, 0, 3].flatMap((row) => [
        ...matrix[row]!,
        ...Array<number>(padded - columns).fill(0),
      ]);
      expect(relativeError(actual, Float32Array.from(expected))).toBeLessThan(1e-6);
    });
  },
);
