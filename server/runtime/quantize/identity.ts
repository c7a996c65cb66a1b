/**
 * Which weights a checkpoint has. What counts is their content: its digest is taken while they are read to be
 * quantized. As reading gigabytes at each start would cost more than loading, a digest is remembered for files that
 * have not been touched since: same path, device, inode, size, header and times of change (the last of which, ctime,
 * no program can set back).
 */
import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import type { Weights } from '../weights.ts';
import type { LaidTensor } from './layout.ts';
import type { Digests } from './write.ts';

export const sha256 = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** The digest of all tensors of a layout: names, types, shapes and bytes, wherever they lie. */
export function contentDigest(weights: Weights, tensors: LaidTensor[], digests: Digests['sources']): string {
  return sha256(
    tensors.map(({ name, shape }) => [name, shape, weights.find(name, shape).dtype, digests[name]]),
  );
}

/** Changes when any of the checkpoint's files may have changed, or other tensors of them are meant. */
export async function sourceStamp(weights: Weights, tensors: LaidTensor[]): Promise<string> {
  const files = await Promise.all(weights.files.map(fileStamp));
  return sha256([files, tensors.map(({ name, shape }) => [name, shape])]);
}

async function fileStamp(file: string): Promise<string[]> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
  return [file, ...[dev, ino, size, mtimeNs, ctimeNs].map(String), await headerDigest(file)];
}

/** Weights.open has checked that the length fits the file. */
async function headerDigest(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const prefix = Buffer.alloc(8);
    await handle.read(prefix, 0, 8, 0);
    const header = Buffer.alloc(Number(prefix.readBigUInt64LE()));
    await handle.read(header, 0, header.length, 8);
    return createHash('sha256').update(header).digest('hex');
  } finally {
    await handle.close();
  }
}
