/** One tensor that torch.save wrote: a ZIP archive of a pickle, which is read and never executed, and the numbers. */
import { open } from 'node:fs/promises';
import { VerityError } from '../../runtime/errors.ts';
import { toFloat32 } from '../../runtime/quantize/float.ts';
import { type PickledTensor, PickleError, readTensorPickle, type TorchDtype } from './pickle.ts';
import { readStoredZip } from './zip.ts';

/** Row-major. Booleans are 0 and 1. */
export interface TorchTensor {
  dtype: TorchDtype;
  shape: number[];
  values: Float32Array;
}

const ELEMENT_BYTES: Record<TorchDtype, number> = { F32: 4, F16: 2, BF16: 2, BOOL: 1 };

/** A vector over the largest vocabularies takes 1 MB. */
const MAX_BYTES = 64 << 20;

/**
 * Reads a file.
 * @throws VerityError badModel with one line if it is anything but one float or boolean tensor.
 */
export async function readTorchTensor(file: string): Promise<TorchTensor> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw new VerityError('badModel', `${file} cannot be opened (${String(error)}).`);
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile() || stats.size > MAX_BYTES)
      throw new VerityError('badModel', `${file} is no file of a single vector; choose another one.`);
    return parseTorchTensor(file, await handle.readFile());
  } finally {
    await handle.close();
  }
}

/** The tensor in a file's bytes; `file` is for errors alone. */
export function parseTorchTensor(file: string, bytes: Buffer): TorchTensor {
  const entries = readStoredZip(file, bytes);
  try {
    const { folder, pickle } = findPickle(entries);
    const order = entries.get(`${folder}byteorder`)?.toString('latin1') ?? 'little';
    if (order !== 'little') throw new PickleError('its numbers are not little-endian');
    const tensor = readTensorPickle(pickle);
    const data = entries.get(`${folder}data/${tensor.key}`);
    if (data === undefined) throw new PickleError('it lacks the data of its tensor');
    return { dtype: tensor.dtype, shape: tensor.shape, values: readValues(tensor, data) };
  } catch (error) {
    if (!(error instanceof PickleError)) throw error;
    throw new VerityError(
      'badModel',
      `${file} is refused: ${error.message}. Verity reads one contiguous tensor and executes nothing; ` +
        'save the tensor alone by torch.save.',
    );
  }
}

function findPickle(entries: Map<string, Buffer>): { folder: string; pickle: Buffer } {
  const names = [...entries.keys()].filter((name) => /^[^/]*\/data\.pkl$/.test(name));
  const [name] = names;
  if (name === undefined || names.length > 1) throw new PickleError('it has not one data.pkl');
  return { folder: name.slice(0, -'data.pkl'.length), pickle: entries.get(name)! };
}

function readValues({ dtype, elements, offset, shape, strides }: PickledTensor, data: Buffer): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  const size = ELEMENT_BYTES[dtype];
  if (elements * size !== data.length)
    throw new PickleError(`its storage has ${data.length} bytes where ${elements * size} are promised`);
  if (offset + count > elements) throw new PickleError('its tensor reaches beyond its storage');
  if (!isContiguous(shape, strides)) throw new PickleError('its tensor is not contiguous');
  const values = new Float32Array(count);
  // A copy, since the archive's entries are not aligned.
  const bytes = Uint8Array.from(data.subarray(offset * size, (offset + count) * size));
  if (dtype === 'BOOL') values.set(bytes);
  else toFloat32(dtype, bytes, values);
  if (dtype === 'BOOL' && bytes.some((value) => value > 1)) throw new PickleError('a boolean is no 0 or 1');
  return values;
}

function isContiguous(shape: number[], strides: number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis]! > 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}
