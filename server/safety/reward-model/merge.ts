/**
 * A reward model as an ordinary checkpoint directory: the base's shards, copied, and one shard of what the adapter
 * changes, so that loading, quantizing and the worker process need to know of no adapter.
 *
 *   <cache>/<name>/              named by the base's files, the adapter's content and our format
 *     base-<i>.safetensors       clones where the file system can; a hard link would change the base's own ctime
 *     reward.safetensors         W + alpha/r · B·A in float32, and lm_head.bias
 *     manifest.json              SHA-256 of each shard
 *     config.json, tokenizer.json, …
 *     users/                     the processes that use it, which are not to lose it (quantize/retention.ts)
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  constants,
  copyFile,
  type FileHandle,
  mkdir,
  open,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { Checkpoint } from '../../runtime/checkpoint.ts';
import { VerityError } from '../../runtime/errors.ts';
import { HEAD_BIAS } from '../../runtime/graph.ts';
import { makeTemporary, removeAbandoned, syncDirectory } from '../../runtime/quantize/directory.ts';
import { MANIFEST_FILE } from '../../runtime/quantize/entry.ts';
import { FLOAT_BYTES, toFloat32 } from '../../runtime/quantize/float.ts';
import { sha256 } from '../../runtime/quantize/identity.ts';
import { CACHE_LIMIT_BYTES, evict, signIn } from '../../runtime/quantize/retention.ts';
import { safetensorsHeader, type TensorLocation } from '../../runtime/safetensors.ts';
import type { FloatDtype, FloatTensorLocation } from '../../runtime/weights.ts';
import type { Adapter, LowRankChange } from './adapter.ts';

/** Raise it when the same files would give other bytes. */
const FORMAT_VERSION = 1;

const SHARD = 'reward.safetensors';
const Manifest = z.object({ shards: z.record(z.string(), z.string()) });

/** A checkpoint's small files; the weights' index is written anew. */
const SMALL_FILES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
];

/**
 * The directory of the merged checkpoint, from the cache or made now.
 * @param bias [vocabSize] of the reward head.
 * @throws VerityError badModel if adapter or bias do not fit the base, or the directory cannot be written.
 */
export async function mergedCheckpoint(
  base: Checkpoint,
  adapter: Adapter,
  bias: Float32Array,
  cacheDirectory: string,
  limitBytes = CACHE_LIMIT_BYTES,
): Promise<string> {
  const changes = adapter.changes.map((change) => ({ ...change, base: baseTensor(base, adapter, change) }));
  if (bias.length !== base.spec.vocabSize)
    throw misfit(base, adapter, `the bias has ${bias.length} values, the base ${base.spec.vocabSize} tokens`);
  const directory = join(cacheDirectory, await entryName(base, adapter, bias));
  await mkdir(cacheDirectory, { recursive: true });
  await removeAbandoned(cacheDirectory);
  // Signed in before it is read, so that nobody evicts it afterwards.
  if ((await signIn(directory)) && (await isIntact(directory))) return directory;
  await evict(cacheDirectory, base.weights.byteLength + bytesOf(changes) + bias.byteLength, limitBytes);
  const temporary = await makeTemporary(cacheDirectory);
  try {
    const entry = join(temporary, 'entry');
    await writeEntry(entry, base, adapter.scale, changes, bias);
    if ((await entryName(base, adapter, bias)) !== basename(directory))
      throw new VerityError(
        'badModel',
        `The files of ${base.directory} changed while they were copied; try again.`,
      );
    await signIn(entry);
    await publish(entry, directory, join(temporary, 'damaged'));
    await signIn(directory);
    await syncDirectory(cacheDirectory);
    return directory;
  } catch (error) {
    if (error instanceof VerityError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new VerityError('badModel', `The reward model cannot be written to ${cacheDirectory}: ${reason}.`, {
      cause: error,
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

interface Merge extends LowRankChange {
  base: FloatTensorLocation;
}

/** Of the merged matrices. */
const bytesOf = (changes: readonly Merge[]): number =>
  changes.reduce((sum, { a, b }) => sum + FLOAT_BYTES.F32 * b.shape[0]! * a.shape[1]!, 0);

const misfit = (base: Checkpoint, { directory, baseName }: Adapter, what: string): VerityError =>
  new VerityError(
    'badModel',
    `The reward model in ${directory} does not fit the base in ${base.directory}: ${what}. ` +
      `It was trained on ${baseName}; give that checkpoint as its base.`,
  );

function baseTensor(
  base: Checkpoint,
  adapter: Adapter,
  { target, a, b }: LowRankChange,
): FloatTensorLocation {
  const shape = [b.shape[0]!, a.shape[1]!];
  try {
    return base.weights.find(target, shape);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/; it does not fit.*$/, '') : String(error);
    throw misfit(base, adapter, `for ${target} of shape [${shape.join()}]: ${reason}`);
  }
}

async function entryName(base: Checkpoint, adapter: Adapter, bias: Float32Array): Promise<string> {
  const stamps = await Promise.all(base.weights.files.map(fileStamp));
  const small = await Promise.all(
    SMALL_FILES.map((name) => readFile(join(base.directory, name), 'utf8').catch(() => '')),
  );
  const tensors = await fileDigest(adapter.changes[0]!.a.file);
  const parts = [FORMAT_VERSION, stamps, small, tensors, adapter.scale, [...bias]];
  return sha256(parts).slice(0, 40);
}

async function fileStamp(file: string): Promise<string[]> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
  return [file, ...[dev, ino, size, mtimeNs, ctimeNs].map(String)];
}

async function fileDigest(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest('hex');
}

async function isIntact(directory: string): Promise<boolean> {
  try {
    const { shards } = Manifest.parse(JSON.parse(await readFile(join(directory, MANIFEST_FILE), 'utf8')));
    for (const [name, digest] of Object.entries(shards))
      if (digest !== (await fileDigest(join(directory, name)))) return false;
    return true;
  } catch {
    return false;
  }
}

async function writeEntry(
  entry: string,
  base: Checkpoint,
  scale: number,
  changes: Merge[],
  bias: Float32Array,
): Promise<void> {
  await mkdir(entry);
  for (const name of SMALL_FILES)
    await copyFile(join(base.directory, name), join(entry, name)).catch(ignoreMissing);
  const weightMap: Record<string, string> = {};
  for (const [index, file] of base.weights.files.entries()) {
    const name = `base-${index}.safetensors`;
    await copyFile(file, join(entry, name), constants.COPYFILE_FICLONE);
    for (const tensor of base.weights.namesIn(file)) weightMap[tensor] = name;
  }
  for (const { target } of changes) weightMap[target] = SHARD;
  weightMap[HEAD_BIAS] = SHARD;
  await writeFile(join(entry, 'model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }));
  await writeShard(join(entry, SHARD), scale, changes, bias);
  const digests: Record<string, string> = {};
  for (const name of new Set(Object.values(weightMap))) digests[name] = await fileDigest(join(entry, name));
  const manifest = { shards: digests } satisfies z.infer<typeof Manifest>;
  await writeFile(join(entry, MANIFEST_FILE), JSON.stringify(manifest), { flush: true });
  await syncDirectory(entry);
}

/** Gives a complete entry its name. One that stands there already stays if it is intact and is moved away if not. */
async function publish(entry: string, target: string, aside: string): Promise<void> {
  const renamed = await rename(entry, target).then(
    () => true,
    () => false,
  );
  if (renamed || (await isIntact(target))) return;
  await rename(target, aside);
  await rename(entry, target);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}

/** A safetensors file of the merged matrices and the bias, one matrix in memory at a time. */
async function writeShard(file: string, scale: number, changes: Merge[], bias: Float32Array): Promise<void> {
  const shapes: [string, number[]][] = [
    ...changes.map(({ target, base }): [string, number[]] => [target, base.shape]),
    [HEAD_BIAS, [bias.length]],
  ];
  const handle = await open(file, 'wx');
  try {
    await append(handle, safetensorsHeader(shapes));
    for (const change of changes) await append(handle, asBytes(await mergeMatrix(change, scale)));
    await append(handle, asBytes(bias));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const asBytes = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

async function append(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done);
    done += bytesWritten;
  }
}

/** W + scale · B·A, row-major; products are summed in double precision. */
async function mergeMatrix({ base, a, b }: Merge, scale: number): Promise<Float32Array> {
  const [weights, left, right] = await Promise.all([readFloats(base), readFloats(b), readFloats(a)]);
  const [rank = 0, columns = 0] = a.shape;
  const change = new Float64Array(columns);
  for (let row = 0; row < left.length / rank; row++) {
    change.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = scale * left[row * rank + k]!;
      for (let column = 0; column < columns; column++)
        change[column]! += factor * right[k * columns + column]!;
    }
    for (let column = 0; column < columns; column++) weights[row * columns + column]! += change[column]!;
  }
  return weights;
}

async function readFloats({ file, name, dtype, offset, byteLength }: TensorLocation): Promise<Float32Array> {
  const bytes = new Uint8Array(byteLength);
  const handle = await open(file, 'r');
  try {
    const { bytesRead } = await handle.read(bytes, 0, byteLength, offset);
    if (bytesRead < byteLength)
      throw new VerityError('badModel', `${basename(file)} ends within ${name}; download it again.`);
  } finally {
    await handle.close();
  }
  // Both callers have checked that it is one of the three.
  const type = dtype as FloatDtype;
  const values = new Float32Array(byteLength / FLOAT_BYTES[type]);
  toFloat32(type, bytes, values);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new VerityError('badModel', `${file}: ${name} has the value ${values[bad]}; it is damaged.`);
  return values;
}
