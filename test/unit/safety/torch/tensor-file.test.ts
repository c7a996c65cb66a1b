/** PyTorch's files are read as PyTorch reads them, and whatever else they could be is refused in one line. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VerityError } from '../../../../server/runtime/errors.ts';
import { parseTorchTensor, readTorchTensor } from '../../../../server/safety/torch/tensor-file.ts';
import { expectVerityError } from '../../runtime/fixtures.ts';
import { adapterDirectory, golden, PUBLISHED, REWARD_MODELS, type RewardModelName } from '../fixtures.ts';

const NAMES = Object.keys(REWARD_MODELS) as RewardModelName[];

describe('files of torch.save', () => {
  it.each(NAMES)(
    '%s: bias (float16, float32 or bfloat16) and mask have the values that PyTorch saved',
    async (name) => {
      const expected = await golden(name);
      const bias = await readTorchTensor(join(adapterDirectory(name), 'lm_head_bias.pt'));
      const unseen = await readTorchTensor(join(adapterDirectory(name), 'unseen_mask.pt'));
      expect([...bias.values]).toEqual([...expected.get('bias')!]);
      expect([...unseen.values]).toEqual([...expected.get('unseen')!]);
      expect(unseen.dtype).toBe('BOOL');
      expect(bias.shape).toEqual([512]);
    },
  );

  it('the published ones: 92,013 of 128,256 tokens unseen, end tokens among them', async () => {
    const unseen = await readTorchTensor(join(PUBLISHED, 'unseen_mask.pt'));
    expect(unseen.shape).toEqual([128_256]);
    expect(unseen.values.filter((value) => value === 1)).toHaveLength(92_013);
    expect([unseen.values[128_001], unseen.values[128_009]]).toEqual([1, 1]);
    const bias = await readTorchTensor(join(PUBLISHED, 'lm_head_bias.pt'));
    // Never trained: uniform within 1/√2048, rounded to 16 bits.
    const largest = bias.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeGreaterThan(0.022);
    expect(largest).toBeLessThan(0.0222);
  });

  it('a missing file and a directory are refused', async () => {
    await expectVerityError(readTorchTensor('/nowhere/x.pt'), 'badModel', /x\.pt cannot be opened/);
    await expectVerityError(
      readTorchTensor(import.meta.dirname),
      'badModel',
      /no file of a single vector|cannot/,
    );
  });
});

/** A ZIP archive of stored files. */
function zip(entries: Record<string, Buffer>): Buffer {
  const locals: Buffer[] = [];
  const records: Buffer[] = [];
  let offset = 0;
  for (const [name, data] of Object.entries(entries)) {
    const title = Buffer.from(name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50);
    local.writeUInt16LE(title.length, 26);
    const record = Buffer.alloc(46);
    record.writeUInt32LE(0x02014b50);
    record.writeUInt32LE(crc32(data), 16);
    record.writeUInt32LE(data.length, 20);
    record.writeUInt32LE(data.length, 24);
    record.writeUInt16LE(title.length, 28);
    record.writeUInt32LE(offset, 42);
    locals.push(local, title, data);
    records.push(record, title);
    offset += 30 + title.length + data.length;
  }
  const directory = Buffer.concat(records);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(Object.keys(entries).length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

const text = (value: string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(value));
  return Buffer.concat([Buffer.from('X'), length, Buffer.from(value)]);
};
const integer = (value: number): Buffer => {
  const bytes = Buffer.alloc(5, 'J');
  bytes.writeInt32LE(value, 1);
  return bytes;
};
const tuple = (...values: Buffer[]) => Buffer.concat([Buffer.from('('), ...values, Buffer.from('t')]);
const global = (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`);

interface Plan {
  storage: string;
  elements: number;
  offset: number;
  shape: number[];
  strides: number[];
}
const GOOD: Plan = { storage: 'FloatStorage', elements: 6, offset: 0, shape: [6], strides: [1] };

const pickle = ({ storage, elements, offset, shape, strides }: Plan): Buffer =>
  Buffer.concat([
    Buffer.from([0x80, 2]),
    global('torch._utils', '_rebuild_tensor_v2'),
    tuple(
      Buffer.concat([
        tuple(text('storage'), global('torch', storage), text('0'), text('cpu'), integer(elements)),
        Buffer.from('Q'),
      ]),
      integer(offset),
      tuple(...shape.map(integer)),
      tuple(...strides.map(integer)),
      Buffer.from([0x89]),
      Buffer.concat([global('collections', 'OrderedDict'), Buffer.from(')R')]),
    ),
    Buffer.from('R.'),
  ]);

const DATA = Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
const archive = (pickled: Buffer, data = DATA) =>
  zip({ 'x/data.pkl': pickled, 'x/byteorder': Buffer.from('little'), 'x/data/0': data });
const file = (plan: Partial<Plan>) => archive(pickle({ ...GOOD, ...plan }));

const parse = (bytes: Buffer) => parseTorchTensor('x.pt', bytes);

function expectRefused(bytes: Buffer, why: RegExp): void {
  let error: unknown;
  try {
    parse(bytes);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(VerityError);
  expect((error as VerityError).message).toMatch(why);
  expect((error as VerityError).message).not.toContain('\n');
}

describe('what a tensor file may be', () => {
  it('a part of a storage, in several dimensions', () => {
    expect(parse(file({})).values).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    const part = parse(file({ offset: 2, shape: [2, 1, 2], strides: [2, 7, 1] }));
    expect(part.values).toEqual(Float32Array.of(3, 4, 5, 6));
    expect(part.shape).toEqual([2, 1, 2]);
    expect(parse(file({ shape: [], strides: [] })).values).toEqual(Float32Array.of(1));
    expect(parse(file({ shape: [0, 5], strides: [5, 1] })).values).toHaveLength(0);
  });

  it.each<[string, Partial<Plan>, RegExp]>([
    ['beyond its storage', { offset: 1 }, /beyond its storage/],
    ['negative offset', { offset: -1 }, /no valid place/],
    ['negative size', { shape: [-6] }, /no valid place/],
    ['strides that expand one element', { shape: [3, 2], strides: [0, 0] }, /not contiguous/],
    ['strides that transpose', { shape: [2, 3], strides: [1, 2] }, /not contiguous/],
    ['fewer strides than dimensions', { shape: [2, 3], strides: [1] }, /no valid place/],
    [
      'a size that no memory holds',
      { shape: Array<number>(9).fill(2 ** 31 - 1), strides: Array<number>(9).fill(1) },
      /beyond its storage/,
    ],
    ['a storage larger than its data', { elements: 2 ** 31 - 1, shape: [2 ** 31 - 1] }, /24 bytes where/],
    ['a storage type that is none', { storage: 'Tensor' }, /asks for "torch Tensor"/],
  ])('refuses %s', (_, plan, why) => expectRefused(file(plan), why));

  it('refuses booleans that are neither 0 nor 1, and big-endian numbers', () => {
    const bools = pickle({ ...GOOD, storage: 'BoolStorage' });
    expect(parse(archive(bools, Buffer.from([0, 1, 1, 0, 0, 1]))).values).toEqual(
      Float32Array.of(0, 1, 1, 0, 0, 1),
    );
    expectRefused(archive(bools, Buffer.from([0, 1, 2, 0, 0, 1])), /no 0 or 1/);
    const big = { 'x/data.pkl': pickle(GOOD), 'x/byteorder': Buffer.from('big'), 'x/data/0': DATA };
    expectRefused(zip(big), /little-endian/);
  });

  it('refuses archives without the parts, with two pickles, or with a changed byte', () => {
    expectRefused(zip({ 'x/data.pkl': pickle(GOOD) }), /lacks the data/);
    expectRefused(zip({ 'x/data/0': DATA }), /not one data\.pkl/);
    expectRefused(zip({ 'x/data.pkl': pickle(GOOD), 'y/data.pkl': pickle(GOOD) }), /not one data\.pkl/);
    const changed = file({});
    changed[changed.indexOf(DATA)]! ^= 1;
    expectRefused(changed, /checksum/);
    expectRefused(Buffer.alloc(0), /no ZIP archive/);
  });
});

describe('hostile pickles', () => {
  const protocol = Buffer.from([0x80, 2]);
  it.each<[string, Buffer, RegExp]>([
    [
      'os.system',
      Buffer.concat([protocol, global('os', 'system'), tuple(text('touch /tmp/x')), Buffer.from('R.')]),
      /asks for "os system"/,
    ],
    ['posix.system by its old name', Buffer.from("cposix\nsystem\n(S'id'\ntR."), /asks for "posix system"/],
    [
      'builtins.eval',
      Buffer.concat([global('builtins', 'eval'), tuple(text('1')), Buffer.from('R.')]),
      /asks for/,
    ],
    [
      'a global by stack',
      Buffer.concat([protocol, text('os'), text('system'), Buffer.from([0x93]), Buffer.from('.')]),
      /opcode 0x93/,
    ],
    ['BUILD', Buffer.concat([pickle(GOOD).subarray(0, -1), text('x'), Buffer.from('b.')]), /opcode 0x62/],
    ['INST', Buffer.from('(ios\nsystem\n.'), /opcode 0x69/],
    [
      'a call of a storage type',
      Buffer.concat([global('torch', 'FloatStorage'), Buffer.from(')R.')]),
      /unknown call/,
    ],
    [
      'OrderedDict with arguments',
      Buffer.concat([global('collections', 'OrderedDict'), tuple(text('x')), Buffer.from('R.')]),
      /unknown call/,
    ],
    [
      'a dotted name inside an allowed module',
      global('torch._utils', '_rebuild_tensor_v2.__globals__'),
      /asks for/,
    ],
    ['a newer protocol', Buffer.from([0x80, 4, 0x2e]), /protocol 4/],
    ['a plain number', Buffer.concat([integer(3), Buffer.from('.')]), /not one tensor/],
    ['a text of 4 GB', Buffer.from([0x58, 0xff, 0xff, 0xff, 0xff]), /cut off/],
    ['an empty stack', Buffer.from('R.'), /damaged/],
    ['a memo that was never set', Buffer.from([0x68, 9]), /damaged/],
    ['no end', protocol, /cut off/],
    ['a pickle of megabytes', Buffer.alloc(1 << 20, '('), /bytes/],
  ])('%s', (_, pickled, why) => expectRefused(archive(pickled), why));
});

describe('any bytes', () => {
  /** A tensor or one clear error; nothing else, and nothing larger than the file. */
  const check = (bytes: Buffer) => {
    try {
      expect(parse(bytes).values.length).toBeLessThanOrEqual(bytes.length);
    } catch (error) {
      expect(error).toBeInstanceOf(VerityError);
    }
  };

  it('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => check(Buffer.from(bytes))),
      { numRuns: 2000 },
    );
  });

  it('random pickles, and mutations of a good one, in a sound archive', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => check(archive(Buffer.from(bytes)))),
      { numRuns: 3000 },
    );
    const good = pickle(GOOD);
    const edits = fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), {
      maxLength: 6,
    });
    const mutate = (list: [number, number][]) => {
      const bytes = Buffer.from(good);
      for (const [at, value] of list) bytes[at] = value;
      return bytes;
    };
    fc.assert(
      fc.property(edits, (list) => check(archive(mutate(list)))),
      { numRuns: 5000 },
    );
  });

  it('mutations and cuts of a real file', async () => {
    const good = await readFile(join(adapterDirectory('mrm-llama'), 'unseen_mask.pt'));
    const edits = fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(edits, fc.nat(good.length), (list, cut) => {
        const bytes = Buffer.from(good.subarray(0, cut < good.length / 2 ? good.length : cut));
        for (const [at, value] of list) if (at < bytes.length) bytes[at] = value;
        check(bytes);
      }),
      { numRuns: 3000 },
    );
  });
});
