/**
 * The cache of quantized checkpoints:
 *
 *   <cache>/<name>/                    an entry (entry.ts), named by its source's content, the options and our format
 *   <cache>/sources/<stamp>.json       the content's digest of files that were read before (identity.ts)
 *   <cache>/<name>/users/              the processes that use it, which are not to lose it (retention.ts)
 *   <cache>/tmp-<host>-<pid>-<random>  being written: becomes an entry by one rename, after everything is flushed
 *
 * Before a new entry is made, old ones go so that all fit the cache's limit. Processes may quantize the same checkpoint at the same time: each writes its own directory, the first rename wins.
 */
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Checkpoint } from '../checkpoint.ts';
import { VerityError } from '../errors.ts';
import { userCacheDirectory } from '../user-cache.ts';
import { explainWriteFailure, makeTemporary, prepare, removeAbandoned, syncDirectory } from './directory.ts';
import { isIntact, type Manifest, MANIFEST_FILE, QuantizedWeights, WEIGHTS_FILE } from './entry.ts';
import { contentDigest, sha256, sourceStamp } from './identity.ts';
import { type Layout, layoutOf } from './layout.ts';
import type { Quantization } from './options.ts';
import { CACHE_LIMIT_BYTES, evict, signIn } from './retention.ts';
import { type QuantizeHooks, writeTensors } from './write.ts';

/** Goes into every entry's name: raise it when the same options would give other bytes. */
const FORMAT_VERSION = 1;

/**
 * The quantized weights of a checkpoint, from the cache or made now.
 * @throws VerityError badModel if a weight is no number, the files change meanwhile, or the cache can't be written.
 * @throws the hooks' signal's reason, within one block of rows of its abort.
 */
export async function openQuantized(
  checkpoint: Checkpoint,
  quantization: Quantization,
  cacheDirectory = userCacheDirectory('quantized'),
  hooks: QuantizeHooks = {},
  limitBytes = CACHE_LIMIT_BYTES,
): Promise<QuantizedWeights> {
  const cache = new QuantizedCache(checkpoint, quantization, cacheDirectory, hooks, limitBytes);
  return new QuantizedWeights(await cache.entry(), cache.layout, quantization.accuracyLevel);
}

/** What is remembered of a checkpoint's files. */
const Memo = z.object({ source: z.string() });

class QuantizedCache {
  readonly layout: Layout;
  private readonly checkpoint: Checkpoint;
  private readonly quantization: Quantization;
  private readonly root: string;
  private readonly hooks: QuantizeHooks;
  private readonly limitBytes: number;

  constructor(
    checkpoint: Checkpoint,
    quantization: Quantization,
    root: string,
    hooks: QuantizeHooks,
    limitBytes: number,
  ) {
    this.checkpoint = checkpoint;
    this.quantization = quantization;
    this.root = root;
    this.hooks = hooks;
    this.limitBytes = limitBytes;
    this.layout = layoutOf(checkpoint.spec, quantization);
  }

  /** The directory of an intact entry, which is this process's to use as long as it lives. */
  async entry(): Promise<string> {
    await removeAbandoned(this.root);
    const stamp = await this.stamp();
    const source = await readMemo(this.memo(stamp));
    if (source !== undefined && (await this.isUsable(source))) return this.directory(source);
    try {
      return this.directory(await this.make(stamp));
    } catch (error) {
      throw explainWriteFailure(error, this.root);
    }
  }

  private stamp(): Promise<string> {
    return sourceStamp(this.checkpoint.weights, this.layout.tensors);
  }

  private memo(stamp: string): string {
    return join(this.root, 'sources', `${stamp}.json`);
  }

  private directory(source: string): string {
    const { layers, embeddings } = this.quantization;
    return join(this.root, sha256([FORMAT_VERSION, source, layers, embeddings]).slice(0, 40));
  }

  /** Signed in before it is read, so that nobody evicts it afterwards. */
  private async isUsable(source: string): Promise<boolean> {
    return (await signIn(this.directory(source))) && (await this.isIntact(source));
  }

  private isIntact(source: string): Promise<boolean> {
    return isIntact(this.directory(source), source, this.layout, this.hooks.signal);
  }

  /** Quantizes, and returns the digest of the content that was read. */
  private async make(stamp: string): Promise<string> {
    await evict(this.root, this.layout.byteLength, this.limitBytes);
    await prepare(this.root, this.layout.byteLength);
    const temporary = await makeTemporary(this.root);
    try {
      const entry = join(temporary, 'entry');
      const source = await this.write(entry);
      if ((await this.stamp()) !== stamp)
        throw new VerityError(
          'badModel',
          `The files of ${this.checkpoint.directory} changed while they were quantized; try again.`,
        );
      await this.publish(entry, source, join(temporary, 'damaged'));
      const memo = join(temporary, 'memo.json');
      await writeFile(memo, JSON.stringify({ source } satisfies z.infer<typeof Memo>), { flush: true });
      await rename(memo, this.memo(stamp));
      return source;
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }

  /** Writes an entry's files, flushed, and returns the digest of the content that was read. */
  private async write(entry: string): Promise<string> {
    const { weights, directory } = this.checkpoint;
    await mkdir(entry);
    const file = await open(join(entry, WEIGHTS_FILE), 'wx');
    try {
      const digests = await writeTensors(weights, this.layout, file, this.hooks);
      const source = contentDigest(weights, this.layout.tensors, digests.sources);
      const { layers, embeddings } = this.quantization;
      const manifest: Manifest = {
        source,
        checkpoint: directory,
        quantization: { layers, embeddings },
        checksums: digests.parts,
      };
      await writeFile(join(entry, MANIFEST_FILE), JSON.stringify(manifest), { flush: true });
      await syncDirectory(entry);
      return source;
    } finally {
      await file.close();
    }
  }

  /** Gives a complete entry its name. One that stands there already stays if it is intact and is moved away if not. */
  private async publish(entry: string, source: string, aside: string): Promise<void> {
    const target = this.directory(source);
    await signIn(entry);
    const renamed = await rename(entry, target).then(
      () => true,
      () => false,
    );
    if (!renamed && !(await this.isIntact(source))) {
      await rename(target, aside);
      await rename(entry, target);
    }
    await signIn(target);
    await syncDirectory(this.root);
  }
}

async function readMemo(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return Memo.parse(JSON.parse(text)).source;
  } catch {
    return undefined;
  }
}
