/** Loads one file of a repository into the cache: in parts, several at a time, checked by its digest at the end. */
import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VerityError } from '../../runtime/errors.ts';
import { type Part, PartialFile } from './parts.ts';
import type { Hub } from './hub.ts';
import type { RepositoryFile } from './repository.ts';

export interface DownloadOptions {
  /** Parts loaded at a time, and the bytes of each. */
  parallel?: number | undefined;
  partBytes?: number | undefined;
  /** Bytes that have come, those kept from before too; negative where some have to come again. */
  onBytes?: ((count: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

interface Source {
  hub: Hub;
  id: string;
  url: string;
}

const PARALLEL = 4;
const PART_BYTES = 16 * 2 ** 20;

/**
 * @param blob where the content goes; nothing is there under this name before all of it is right.
 * @throws VerityError badInput with what to do; the signal's reason. Parts that have come are kept for the next time.
 */
export async function downloadFile(
  hub: Hub,
  id: string,
  commit: string,
  file: RepositoryFile,
  blob: string,
  options: DownloadOptions = {},
): Promise<void> {
  const { onBytes = () => undefined } = options;
  const present = await stat(blob).catch(() => undefined);
  if (present?.size === file.size) {
    onBytes(file.size);
    return;
  }
  await mkdir(dirname(blob), { recursive: true });
  const source = { hub, id, url: hub.fileUrl(id, commit, file.path) };
  try {
    await loadParts(source, file, blob, options);
  } catch (error) {
    if (!(error instanceof NoRanges)) throw error;
    // A mirror that serves whole files only: nothing can be resumed there.
    await loadParts(source, file, blob, { ...options, parallel: 1, partBytes: Math.max(1, file.size) });
  }
}

async function loadParts(
  source: Source,
  file: RepositoryFile,
  blob: string,
  { parallel = PARALLEL, partBytes = PART_BYTES, onBytes = () => undefined, signal }: DownloadOptions,
): Promise<void> {
  const partial = await PartialFile.open(blob, file.size, partBytes);
  const kept = partial.bytes;
  let come = 0;
  const count = (bytes: number) => {
    come += bytes;
    onBytes(bytes);
  };
  onBytes(kept);
  const failed = new AbortController();
  const stop = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const waiting = partial.missing;
  const isWhole = waiting.length === 1 && kept === 0;
  const worker = async () => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift())
      await loadPart(source, file, part, isWhole, partial, count, stop);
  };
  try {
    // The first failure stops the others; each has let go of the file before it is closed.
    const ended = await Promise.allSettled(
      Array.from({ length: parallel }, () =>
        worker().catch((error: unknown) => {
          failed.abort(error);
          throw error;
        }),
      ),
    );
    signal?.throwIfAborted();
    if (ended.some(({ status }) => status === 'rejected')) throw failed.signal.reason as Error;
  } catch (error) {
    if (error instanceof NoRanges) onBytes(-kept - come);
    await partial.close();
    throw error;
  }
  await check(source, file, partial);
}

/** One part, from where the last attempt ended. */
async function loadPart(
  { hub, id, url }: Source,
  file: RepositoryFile,
  part: Part,
  isWhole: boolean,
  partial: PartialFile,
  count: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  let at = part.from;
  await hub.persist(
    id,
    async () => {
      const isAll = isWhole && at === 0;
      const range: Record<string, string> = isAll ? {} : { range: `bytes=${at}-${part.to - 1}` };
      const response = await hub.get(id, url, { 'accept-encoding': 'identity', ...range }, signal);
      if (!isAll && response.status !== 206) {
        await response.body?.cancel();
        // The only part begins anew, others ask for the whole file instead.
        if (!isWhole) throw new NoRanges();
        count(part.from - at);
        at = part.from;
        throw new Error('the connection ended early, and the server resumes nothing');
      }
      for await (const bytes of response.body ?? []) {
        const chunk = bytes as Uint8Array;
        if (at + chunk.length > part.to) throw wrongContent(id, file, 'is longer than the hub says');
        await partial.write(chunk, at);
        at += chunk.length;
        count(chunk.length);
      }
      if (at < part.to) throw new Error('the connection ended early');
    },
    signal,
  );
  await partial.finish(part);
}

/** The server answered a request for a part with the whole file. */
class NoRanges extends VerityError {
  constructor() {
    super('badInput', 'The server sends whole files only.');
  }
}

async function check({ id }: Source, file: RepositoryFile, partial: PartialFile): Promise<void> {
  const hash = contentHash(file);
  for await (const chunk of partial.content()) hash.update(chunk);
  if (hash.digest('hex') === file.digest) return partial.publish();
  await partial.discard();
  throw wrongContent(id, file, 'does not match its checksum');
}

/** Large files are named by SHA-256, others as Git names them. */
function contentHash({ digest, size }: RepositoryFile) {
  return digest.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
}

const wrongContent = (id: string, { path }: RepositoryFile, what: string): VerityError =>
  new VerityError(
    'badInput',
    `${path} of ${id} ${what}, so it was thrown away. Try again; if it happens again, the mirror is broken.`,
  );
