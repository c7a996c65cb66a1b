/** Models of a hub on this machine: loaded into the shared cache, resumed, published when all is there. */
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decoderSpec } from '../../runtime/architectures.ts';
import { VerityError } from '../../runtime/errors.ts';
import { freeBytes as freeOnDisk, isRunning } from '../../runtime/quantize/directory.ts';
import { gigabytes } from '../../runtime/sizes.ts';
import { blobFile, publish, repositoryFolder } from './cache.ts';
import { downloadFile, type DownloadOptions } from './download.ts';
import type { Hub } from './hub.ts';
import { readRepository, type Repository, type RepositoryFile } from './repository.ts';

export interface ModelProgress {
  /** The file that is loaded now. */
  file: string;
  receivedBytes: number;
  totalBytes: number;
  /** Over the last seconds. */
  bytesPerSecond: number;
  /** Undefined while nothing is known yet. */
  secondsLeft: number | undefined;
}

export interface DownloadModelOptions extends Omit<DownloadOptions, 'onBytes'> {
  revision?: string | undefined;
  onProgress?: ((progress: ModelProgress) => void) | undefined;
  /** Bytes free on the cache's disk; asked of the system without it. */
  freeBytes?: ((folder: string) => Promise<number>) | undefined;
}

/** Left to everything else on the disk. */
const SPARE_BYTES = 500e6;

/**
 * Loads a model, or what is missing of it, and answers with its directory. What has come is kept, however it ends.
 * @throws VerityError badInput, badModel (of another architecture: before its weights are loaded); the signal's reason.
 */
export async function downloadModel(
  hub: Hub,
  root: string,
  id: string,
  options: DownloadModelOptions = {},
): Promise<string> {
  const { revision = 'main', freeBytes = freeOnDisk, signal } = options;
  const repository = await readRepository(hub, id, revision, signal);
  await mkdir(join(repositoryFolder(root, id), 'blobs'), { recursive: true });
  return exclusively(root, id, async () => {
    await refuseFullDisk(root, repository, freeBytes);
    await loadFiles(hub, root, repository, options);
    return publish(root, id, revision, repository.commit, repository.files);
  });
}

/** The configuration first: what it says decides whether the rest is worth loading. */
async function loadFiles(
  hub: Hub,
  root: string,
  { id, commit, files }: Repository,
  { onProgress = () => undefined, parallel, partBytes, signal }: DownloadModelOptions,
): Promise<void> {
  const meter = new Meter(files.reduce((sum, { size }) => sum + size, 0));
  const inOrder = files.toSorted((a, b) => rank(a) - rank(b) || a.size - b.size);
  for (const file of inOrder) {
    const onBytes = (count: number) => onProgress({ file: file.path, ...meter.add(count) });
    const blob = blobFile(root, id, file.digest);
    await downloadFile(hub, id, commit, file, blob, { onBytes, parallel, partBytes, signal });
    if (file.path === 'config.json') await refuseUnreadable(blob, id);
  }
}

const rank = ({ path }: RepositoryFile): number => (path === 'config.json' ? 0 : 1);

async function refuseUnreadable(blob: string, id: string): Promise<void> {
  const text = await readFile(blob, 'utf8');
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    throw new VerityError('badModel', `config.json of ${id} is not valid JSON; choose another model.`);
  }
  decoderSpec(config, `${id}/config.json`);
}

async function refuseFullDisk(
  root: string,
  { id, files }: Repository,
  freeBytes: (folder: string) => Promise<number>,
): Promise<void> {
  const missing = await Promise.all(
    files.map(async ({ size, digest }) => size - (await bytesOf(blobFile(root, id, digest)))),
  );
  const needed = missing.reduce((sum, bytes) => sum + Math.max(0, bytes), 0) + SPARE_BYTES;
  const free = await freeBytes(root);
  if (needed > free)
    throw new VerityError(
      'badInput',
      `${id} needs ${gigabytes(needed)} on the disk, but ${root} has ${gigabytes(free)} free. Free some space, or set HF_HOME to another disk.`,
    );
}

/** What has come of a file; blocks, since a file that is being loaded has its full length from the beginning. */
async function bytesOf(blob: string): Promise<number> {
  const whole = await stat(blob).catch(() => undefined);
  const part = await stat(`${blob}.verity`).catch(() => undefined);
  return whole?.size ?? (part === undefined ? 0 : Math.min(part.size, part.blocks * 512));
}

/** The locks of this process: a file with its number alone may be a dead one's, numbers come again. */
const held = new Set<string>();

/** One process at a time loads a model. @throws VerityError busy while another does. */
async function exclusively<Result>(root: string, id: string, work: () => Promise<Result>): Promise<Result> {
  const lock = join(repositoryFolder(root, id), 'verity.lock');
  const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
  const isHeld = holder === process.pid ? held.has(lock) : holder > 0 && isRunning(holder);
  if (isHeld)
    throw new VerityError('busy', `${id} is being loaded already (by process ${holder}); wait for it.`);
  await rm(lock, { force: true });
  await writeFile(lock, String(process.pid), { flag: 'wx' }).catch(() => {
    throw new VerityError('busy', `${id} is being loaded already; wait for it.`);
  });
  held.add(lock);
  try {
    return await work();
  } finally {
    held.delete(lock);
    await rm(lock, { force: true });
  }
}

/** What has come, and how fast it comes: the mean of the last seconds, so that pauses show. */
class Meter {
  private readonly totalBytes: number;
  private receivedBytes = 0;
  private readonly marks: { at: number; bytes: number }[] = [];

  constructor(totalBytes: number) {
    this.totalBytes = totalBytes;
  }

  add(count: number): Omit<ModelProgress, 'file'> {
    this.receivedBytes += count;
    const now = performance.now();
    this.marks.push({ at: now, bytes: this.receivedBytes });
    while (this.marks.length > 2 && now - this.marks[0]!.at > WINDOW_MS) this.marks.shift();
    const [first] = this.marks;
    const elapsed = now - first!.at;
    const bytesPerSecond =
      elapsed > 0 ? Math.max(0, (this.receivedBytes - first!.bytes) / elapsed) * 1000 : 0;
    const { receivedBytes, totalBytes } = this;
    const secondsLeft = bytesPerSecond > 0 ? (totalBytes - receivedBytes) / bytesPerSecond : undefined;
    return { receivedBytes, totalBytes, bytesPerSecond, secondsLeft };
  }
}

const WINDOW_MS = 5000;
