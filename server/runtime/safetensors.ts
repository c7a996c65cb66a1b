/**
 * The safetensors format: 8 bytes little-endian header length, a JSON header, then the tensors' bytes.
 * Every rule of the format is checked before a byte of data is used, so a hostile or truncated file gets one error.
 * Source: https://github.com/huggingface/safetensors#format
 */
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { VerityError } from './errors.ts';

/** Bytes per element of each type the format names. */
const ELEMENT_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;

export type SafetensorsDtype = keyof typeof ELEMENT_BYTES;

export interface TensorLocation {
  name: string;
  dtype: SafetensorsDtype;
  shape: number[];
  /** Absolute path of the file that holds the tensor, and where in it: bytes from the file's start. */
  file: string;
  offset: number;
  byteLength: number;
}

/** The reference implementation's limit. */
const MAX_HEADER_BYTES = 100_000_000;

function fail(file: string, what: string): never {
  throw new VerityError(
    'badModel',
    `${basename(file)} is not a valid safetensors file: ${what}. Download or export the checkpoint again (${file}).`,
  );
}

/**
 * Reads where each tensor of one file lies; no tensor data is read.
 * @throws VerityError badModel if the file breaks any rule of the format.
 */
export async function readSafetensorsHeader(file: string): Promise<Map<string, TensorLocation>> {
  const handle = await open(file, 'r').catch((error: unknown) =>
    fail(file, `it cannot be opened (${String(error)})`),
  );
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) fail(file, 'it is not a regular file');
    const { size } = stats;
    if (size < 8) fail(file, `it has ${size} bytes, fewer than the header's length field`);
    const prefix = Buffer.alloc(8);
    await handle.read(prefix, 0, 8, 0);
    const headerLength = prefix.readBigUInt64LE(0);
    if (headerLength > BigInt(MAX_HEADER_BYTES)) fail(file, `its header claims ${headerLength} bytes`);
    const headerBytes = Number(headerLength);
    if (8 + headerBytes > size) fail(file, `its header claims ${headerBytes} bytes, the file has ${size}`);
    const header = Buffer.alloc(headerBytes);
    await handle.read(header, 0, headerBytes, 8);
    return parseHeader(file, header, size);
  } finally {
    await handle.close();
  }
}

function parseHeader(file: string, header: Buffer, fileSize: number): Map<string, TensorLocation> {
  if (header[0] !== 0x7b) fail(file, 'its header does not start with {');
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(header);
    json = JSON.parse(text);
  } catch {
    fail(file, 'its header is not valid JSON');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    fail(file, 'its header is not an object');
  const dataStart = 8 + header.length;
  const tensors = new Map<string, TensorLocation>();
  for (const [name, entry] of Object.entries(json)) {
    if (name === '__metadata__') checkMetadata(file, entry);
    else tensors.set(name, parseEntry(file, name, entry, dataStart));
  }
  if (countNames(text) > Object.keys(json).length) fail(file, 'its header gives a name twice');
  checkContiguous(file, [...tensors.values()], dataStart, fileSize);
  return tensors;
}

/** Names in a header's text, repeated ones too: JSON.parse would keep the last of them and say nothing. */
function countNames(header: string): number {
  let depth = 0;
  let names = 0;
  // All values of the outer object are objects, so a string at its level is a name.
  for (const [token] of header.matchAll(/"(?:[^"\\]+|\\.)*"|[{}[\]]/g))
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (depth === 1) names++;
  return names;
}

function checkMetadata(file: string, entry: unknown): void {
  const isMap = typeof entry === 'object' && entry !== null && !Array.isArray(entry);
  if (!isMap || Object.values(entry).some((value) => typeof value !== 'string'))
    fail(file, '__metadata__ is not a map of strings');
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parseEntry(file: string, name: string, entry: unknown, dataStart: number): TensorLocation {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(ELEMENT_BYTES, dtype))
    fail(file, `tensor ${name} has the unknown type ${JSON.stringify(dtype)}`);
  if (!Array.isArray(shape) || !shape.every(isSize)) fail(file, `tensor ${name} has no valid shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    fail(file, `tensor ${name} has no valid data_offsets`);
  const [begin, end] = offsets as [number, number];
  const elements = shape.reduce((product: number, dimension: number) => product * dimension, 1);
  const expected = elements * ELEMENT_BYTES[dtype as SafetensorsDtype];
  if (!Number.isSafeInteger(expected) || end - begin !== expected)
    fail(file, `tensor ${name} has ${end - begin} bytes where its shape needs ${expected}`);
  return {
    name,
    dtype: dtype as SafetensorsDtype,
    shape,
    file,
    offset: dataStart + begin,
    byteLength: expected,
  };
}

/** Tensors must cover the data without overlap or hole, as the format demands. */
function checkContiguous(file: string, tensors: TensorLocation[], dataStart: number, fileSize: number): void {
  let position = dataStart;
  for (const tensor of tensors.toSorted((a, b) => a.offset - b.offset || a.byteLength - b.byteLength)) {
    if (tensor.offset < position) fail(file, `tensor ${tensor.name} overlaps another`);
    if (tensor.offset > position) fail(file, `there is a hole before tensor ${tensor.name}`);
    position += tensor.byteLength;
  }
  if (position !== fileSize)
    fail(
      file,
      `its tensors end at byte ${position}, the file at ${fileSize}${position > fileSize ? ' (truncated)' : ''}`,
    );
}

/** The beginning of a file that holds float32 tensors one after the other, in this order. */
export function safetensorsHeader(tensors: [string, number[]][]): Uint8Array {
  let end = 0;
  const entries = tensors.map(([name, shape]) => {
    const begin = end;
    end += ELEMENT_BYTES.F32 * shape.reduce((product, size) => product * size, 1);
    return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  // Padded with spaces, so that the numbers are aligned.
  const header = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ');
  json.copy(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header]);
}
