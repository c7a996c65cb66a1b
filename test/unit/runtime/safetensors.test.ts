/** The safetensors reader: every rule of the format, and that no damaged file brings anything but one clear error. */
import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { VerityError } from '../../../server/runtime/errors.ts';
import { readSafetensorsHeader } from '../../../server/runtime/safetensors.ts';
import { checkpointDirectory, expectVerityError } from './fixtures.ts';

const directory = await mkdtemp(join(tmpdir(), 'verity-safetensors-'));
const file = join(directory, 'model.safetensors');
afterAll(() => rm(directory, { recursive: true }));

function bytes(header: string, dataBytes: number): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(dataBytes)]);
}

/** Reads a file made of a header, given as an object or as its JSON text, and zeros. */
async function read(header: object | string, dataBytes: number) {
  await writeFile(file, bytes(typeof header === 'string' ? header : JSON.stringify(header), dataBytes));
  return readSafetensorsHeader(file);
}

const tensor = (begin: number, end: number, shape = [(end - begin) / 4], dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('a valid file', () => {
  it('gives the place of each tensor, in whatever order the header names them', async () => {
    const header = JSON.stringify({
      __metadata__: { format: 'pt' },
      b: tensor(8, 16),
      a: tensor(0, 8, [1, 2]),
    });
    const tensors = await read(header, 16);
    const start = 8 + header.length;
    expect(tensors.get('a')).toMatchObject({
      shape: [1, 2],
      offset: start,
      byteLength: 8,
      dtype: 'F32',
      file,
    });
    expect(tensors.get('b')).toMatchObject({ shape: [2], offset: start + 8 });
    expect(tensors.size).toBe(2);
  });

  it('may hold scalars, empty tensors, padding behind the header and no tensor at all', async () => {
    const tensors = await read({ s: tensor(0, 4, []), e: tensor(4, 4, [3, 0]), f: tensor(4, 8) }, 8);
    expect(tensors.get('s')?.shape).toEqual([]);
    expect(tensors.get('e')?.byteLength).toBe(0);
    expect((await read('{}      ', 0)).size).toBe(0);
  });
});

describe('a damaged file is refused', () => {
  const one = JSON.stringify({ a: tensor(0, 8) });
  const entry = (value: object) => ({ a: { ...tensor(0, 8), ...value } });
  const cases: [string, object | string, number, RegExp][] = [
    ['truncated data', one, 7, /truncated/],
    ['bytes behind the last tensor', one, 9, /end at byte/],
    ['overlapping tensors', { a: tensor(0, 8), b: tensor(4, 12) }, 12, /overlaps/],
    ['two tensors in one place', { a: tensor(0, 8), b: tensor(0, 8) }, 8, /overlaps/],
    ['a hole', { a: tensor(0, 4), b: tensor(8, 12) }, 12, /hole/],
    ['a hole at the start', { a: tensor(4, 8) }, 8, /hole/],
    ['an unknown type', entry({ dtype: 'F31' }), 8, /unknown type "F31"/],
    ['a type that every object has', entry({ dtype: 'toString' }), 8, /unknown type/],
    ['a shape that needs other bytes', entry({ shape: [3] }), 8, /needs 12/],
    ['a negative dimension', entry({ shape: [-2, -1] }), 8, /no valid shape/],
    ['a fractional dimension', entry({ shape: [0.5, 4] }), 8, /no valid shape/],
    ['a product beyond exact numbers', entry({ shape: [2 ** 40, 2 ** 40] }), 8, /needs/],
    ['offsets that go backwards', entry({ data_offsets: [8, 0] }), 8, /has -8 bytes/],
    ['one offset', entry({ data_offsets: [0] }), 8, /data_offsets/],
    ['an entry that is no object', '{"a":null}', 0, /unknown type undefined/],
    ['metadata that is no map of strings', { __metadata__: { a: 1 } }, 0, /__metadata__/],
    [
      'a name given twice',
      `{"a":${JSON.stringify(tensor(0, 8))},"a":${JSON.stringify(tensor(0, 8))}}`,
      8,
      /twice/,
    ],
    ['a header that is a list', '[]', 0, /does not start with/],
    ['white space before the header', ' {}', 0, /does not start with/],
    ['a header that is no JSON', '{"a":', 0, /not valid JSON/],
  ];
  it.each(cases)('%s', async (_, header, dataBytes, message) => {
    await expectVerityError(read(header, dataBytes), 'badModel', message);
  });

  it('a file shorter than its length field', async () => {
    await writeFile(file, Buffer.alloc(7));
    await expectVerityError(readSafetensorsHeader(file), 'badModel', /7 bytes/);
  });

  it.each([
    ['longer than the file', 1000n],
    ['beyond the limit', 100_000_001n],
    ['beyond exact numbers', 2n ** 64n - 1n],
  ])('a header length %s', async (_, claimed) => {
    const content = bytes('{}', 0);
    content.writeBigUInt64LE(claimed);
    await writeFile(file, content);
    await expectVerityError(readSafetensorsHeader(file), 'badModel', /header claims/);
  });

  it('a header that is no UTF-8', async () => {
    const content = bytes('{"a":1}', 0);
    content[10] = 0xff;
    await writeFile(file, content);
    await expectVerityError(readSafetensorsHeader(file), 'badModel', /not valid JSON/);
  });

  it('a real file, truncated or extended by one byte', async () => {
    const content = await readFile(join(checkpointDirectory('llama3-gqa'), 'model.safetensors'));
    await writeFile(file, content);
    await expect(readSafetensorsHeader(file)).resolves.toHaveProperty('size', 21);
    await truncate(file, content.length - 1);
    await expectVerityError(readSafetensorsHeader(file), 'badModel', /truncated/);
    await appendFile(file, Buffer.alloc(2));
    await expectVerityError(readSafetensorsHeader(file), 'badModel', /end at byte/);
  });

  it('a file that is not there', async () => {
    await expectVerityError(readSafetensorsHeader(join(directory, 'none')), 'badModel', /cannot be opened/);
  });

  it('a folder in place of a file', async () => {
    await expectVerityError(readSafetensorsHeader(directory), 'badModel', /not a regular file/);
  });
});

describe('fuzzing', () => {
  const valid = bytes(
    JSON.stringify({
      __metadata__: { format: 'pt' },
      w: tensor(0, 16, [2, 2]),
      b: tensor(16, 24),
      h: tensor(24, 28, [2], 'F16'),
    }),
    28,
  );

  /** Reads arbitrary content: tensors inside the file, or one VerityError. */
  async function readsOrRefuses(content: Uint8Array): Promise<void> {
    await writeFile(file, content);
    try {
      for (const { offset, byteLength } of (await readSafetensorsHeader(file)).values()) {
        expect(offset).toBeGreaterThanOrEqual(8);
        expect(offset + byteLength).toBeLessThanOrEqual(content.length);
      }
    } catch (error) {
      if (!(error instanceof VerityError)) throw error;
      expect(error.kind).toBe('badModel');
      expect(error.message).not.toContain('\n');
    }
  }

  it('random bytes changed, cut or added never crash the reader', async () => {
    const change = fc.tuple(fc.nat(valid.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 4 }),
        fc.nat(valid.length),
        fc.uint8Array({ maxLength: 8 }),
        fc.boolean(),
        async (changes, cut, added, cuts) => {
          const content = Buffer.from(valid);
          for (const [at, value] of changes) content[at] = value;
          await readsOrRefuses(Buffer.concat([content.subarray(0, cuts ? cut : undefined), added]));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('arbitrary JSON headers never crash the reader', async () => {
    const number = fc.oneof(fc.nat(32), fc.integer(), fc.double());
    const odd = fc.oneof(fc.jsonValue(), fc.array(number, { maxLength: 3 }));
    const value = fc.record(
      {
        dtype: fc.oneof(fc.constantFrom('F32', 'F16', 'U8', '__proto__'), fc.jsonValue()),
        shape: fc.oneof(fc.array(fc.nat(4), { maxLength: 3 }), odd),
        data_offsets: fc.oneof(fc.tuple(fc.nat(16), fc.nat(16)), odd),
      },
      { requiredKeys: [] },
    );
    const name = fc.oneof(fc.constantFrom('__metadata__', '__proto__', 'a\nb'), fc.string());
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(name, fc.oneof(value, fc.jsonValue())), { maxLength: 3 }),
        fc.nat(16),
        (entries, dataBytes) => readsOrRefuses(bytes(JSON.stringify(Object.fromEntries(entries)), dataBytes)),
      ),
      { numRuns: 500 },
    );
  });
});
