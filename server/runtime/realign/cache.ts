/**
 * Realignment matrices that were solved before:
 *
 *   <cache>/<name>.safetensors   `matrix` [hidden, hidden] and `target_norm` [1], named by the embeddings' content
 *
 * A file is written under another name and renamed when it is complete; one that is damaged is made again.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '../checkpoint.ts';
import { sha256 } from '../quantize/identity.ts';
import { readSafetensorsHeader, safetensorsHeader } from '../safetensors.ts';
import { userCacheDirectory } from '../user-cache.ts';
import type { FloatTensorLocation } from '../weights.ts';
import { embeddingTensors, Realignment, RIDGE, solveRealignment } from './realignment.ts';

/** Raise it when the same weights would give another matrix. */
const FORMAT_VERSION = 1;

/**
 * The realignment of a checkpoint, from the cache or solved now.
 * @throws VerityError badModel if the weights are damaged.
 */
export async function openRealignment(
  checkpoint: Checkpoint,
  cacheDirectory = userCacheDirectory('realignment'),
): Promise<Realignment> {
  const file = join(cacheDirectory, `${await contentName(checkpoint)}.safetensors`);
  const kept = await read(file, checkpoint.spec.hiddenSize).catch(() => undefined);
  if (kept !== undefined) return kept;
  const solved = await solveRealignment(checkpoint);
  // A cache that cannot be written costs time at the next start, and nothing now.
  await write(cacheDirectory, file, solved).catch(() => undefined);
  return solved;
}

async function contentName(checkpoint: Checkpoint): Promise<string> {
  const { input, head } = embeddingTensors(checkpoint);
  const digests = [await tensorDigest(input), head === input ? 'tied' : await tensorDigest(head)];
  return sha256([FORMAT_VERSION, RIDGE, digests]).slice(0, 40);
}

async function tensorDigest({
  file,
  offset,
  byteLength,
  dtype,
  shape,
}: FloatTensorLocation): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([dtype, shape]));
  for await (const chunk of createReadStream(file, { start: offset, end: offset + byteLength - 1 }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** @throws if there is no such file, or it is not what `write` writes. */
async function read(file: string, hiddenSize: number): Promise<Realignment> {
  const header = await readSafetensorsHeader(file);
  const bytes = await readFile(file);
  const floats = (name: string, length: number): Float32Array => {
    const { offset, byteLength } = header.get(name)!;
    if (byteLength !== 4 * length) throw new Error(`${name} has another size.`);
    return new Float32Array(new Uint8Array(bytes.subarray(offset, offset + byteLength)).buffer);
  };
  const matrix = floats('matrix', hiddenSize ** 2);
  const targetNorm = floats('target_norm', 1)[0]!;
  if (![targetNorm, ...matrix.subarray(0, hiddenSize)].every(Number.isFinite)) throw new Error('No numbers.');
  return new Realignment(matrix, targetNorm);
}

async function write(directory: string, file: string, { matrix, targetNorm }: Realignment): Promise<void> {
  await mkdir(directory, { recursive: true });
  const temporary = `${file}.${process.pid}-${Date.now()}.tmp`;
  const header = safetensorsHeader([
    ['matrix', [Math.sqrt(matrix.length), Math.sqrt(matrix.length)]],
    ['target_norm', [1]],
  ]);
  try {
    const values = [matrix, Float32Array.of(targetNorm)].map((part) => new Uint8Array(part.buffer));
    await writeFile(temporary, Buffer.concat([header, ...values]), { flush: true });
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}
