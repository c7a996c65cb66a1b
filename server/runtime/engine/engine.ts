/**
 * The engine of one model: a decoder, its KV trie and continuous batching. Requests of all callers meet in one
 * queue; each forward evaluates new positions of as many of them as the policy lets take part.
 */
import { VerityError } from '../errors.ts';
import type { Decoder, ForwardOutput } from '../session.ts';
import { type Arrangement, KvTrie, type TrieNode } from '../trie/kv-trie.ts';
import { Admission, type AdmissionRequest, type RequestCounts } from './admission.ts';
import { Branch, type BranchHost } from './branch.ts';
import { ForwardPlan } from './forward-plan.ts';
import { allot, type Priority } from './policy.ts';
import { TreeMask } from './tree-mask.ts';
import { type EvaluateOptions, EvaluationRequest, type Outputs } from './request.ts';

export interface EngineOptions {
  /** The most bytes of K/V that requests may hold; at least one context's worth is allowed. */
  cacheBytes?: number;
  /** The most positions in one forward. */
  chunk?: number;
  /** Milliseconds that only go forward. */
  now?: () => number;
}

/** Bytes are of K/V, counts are positions. */
export interface CacheStats {
  livePositions: number;
  /** Held by requests; the others may be evicted. */
  pinnedPositions: number;
  usedBytes: number;
  pinnedBytes: number;
  capacityBytes: number;
  /** Since the model was loaded: evaluated, found in the cache instead, and bytes copied to make room. */
  forwardedTokens: number;
  reusedTokens: number;
  bytesMoved: number;
}

const DEFAULT_CACHE_BYTES = 2 ** 29;
const DEFAULT_CHUNK = 256;

export class Engine implements BranchHost {
  private readonly decoder: Decoder;
  private readonly trie: KvTrie;
  private readonly admission: Admission;
  private readonly chunk: number;
  private readonly now: () => number;
  private waiting: EvaluationRequest[] = [];
  private isRunning = false;
  /** Settled when nothing works on the decoder; see `exclusively`. */
  private working: Promise<void> = Promise.resolve();
  private closed: VerityError | undefined;
  private readonly mask = new TreeMask();
  private readonly counts = { forwardedTokens: 0, reusedTokens: 0, bytesMoved: 0 };

  constructor(decoder: Decoder, options: EngineOptions = {}) {
    const {
      cacheBytes = DEFAULT_CACHE_BYTES,
      chunk = DEFAULT_CHUNK,
      now = () => performance.now(),
    } = options;
    const affordable = Math.floor(cacheBytes / decoder.bytesPerPosition);
    const positions = Math.max(affordable, decoder.spec.contextLength);
    this.decoder = decoder;
    // Positions evaluated again for their outputs take slots for one forward, beside those that requests hold.
    this.trie = new KvTrie(positions + chunk);
    this.admission = new Admission(positions, now);
    this.chunk = chunk;
    this.now = now;
  }

  /**
   * A branch at the root, once there is room for all the positions that it and its forks will hold at a time.
   * @throws VerityError busy if too many wait already or there can never be that much room; the signal's reason.
   */
  async open(request: AdmissionRequest): Promise<Branch> {
    await this.admission.reserve(request);
    const release = () => this.admission.release(request);
    return new Branch(this, { holders: 0, release }, request.priority, this.trie.root);
  }

  /** Evaluates new positions below a node that the caller holds pinned; the pin goes over to the returned tip. */
  async evaluate(
    start: TrieNode,
    contents: readonly (number | Float32Array)[],
    priority: Priority,
    options: EvaluateOptions,
  ): Promise<Outputs & { tip: TrieNode }> {
    const { signal } = options;
    signal?.throwIfAborted();
    if (this.closed !== undefined) throw this.closed;
    this.checkContents(start, contents);
    const request = new EvaluationRequest(start, contents, priority, options, this.now());
    const abort = () => request.fail(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    this.waiting.push(request);
    if (!this.isRunning) void this.run();
    try {
      return await request.outcome;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  private checkContents({ position }: TrieNode, contents: readonly (number | Float32Array)[]): void {
    const { contextLength, vocabSize, hiddenSize } = this.decoder.spec;
    if (contents.length === 0) throw new VerityError('badInput', 'There is nothing to evaluate.');
    if (position + contents.length >= contextLength)
      throw new VerityError(
        'contextOverflow',
        `There are ${position + 1 + contents.length} tokens, but the model's context holds ${contextLength}. Give fewer.`,
      );
    const isGood = (content: number | Float32Array) =>
      typeof content === 'number'
        ? Number.isInteger(content) && content >= 0 && content < vocabSize
        : content.length === hiddenSize;
    if (!contents.every(isGood))
      throw new VerityError(
        'badInput',
        `Give token ids from 0 to ${vocabSize - 1}, or vectors of ${hiddenSize} values.`,
      );
  }

  /** Forward after forward, until nobody waits. */
  private async run(): Promise<void> {
    this.isRunning = true;
    for (;;) {
      // All that the last forward's results lead to, and messages from outside, come before the next forward.
      await new Promise((resolve) => setImmediate(resolve));
      for (const request of this.waiting) request.skipCached(this.trie);
      this.leave();
      if (this.waiting.length === 0) break;
      await this.exclusively(() => {
        const shares = allot(this.waiting, this.now(), this.chunk);
        const chosen = this.waiting.map((request, index) => ({ request, share: shares[index]! }));
        return this.forward(chosen.filter(({ share }) => share > 0));
      });
      this.leave();
    }
    this.isRunning = false;
  }

  /** One forward or arrangement at a time. */
  private exclusively(work: () => Promise<void>): Promise<void> {
    const done = this.working.then(work);
    this.working = done.catch(() => undefined);
    return done;
  }

  /** Lets requests go that are done or have failed. */
  private leave(): void {
    for (const request of this.waiting) {
      const { isSettled, left, tip, start } = request;
      if (!isSettled && left > 0) continue;
      this.counts.reusedTokens += request.reused;
      if (isSettled) this.trie.unpin(tip, start);
      else request.succeed();
    }
    this.waiting = this.waiting.filter(({ isSettled }) => !isSettled);
  }

  /** One forward for all; where values are not numbers, each again by itself, to fail those alone whose they are. */
  private async forward(chosen: { request: EvaluationRequest; share: number }[]): Promise<void> {
    const plan = new ForwardPlan(this.trie);
    for (const { request, share } of chosen)
      if (!request.isSettled && !plan.add(request, share)) request.fail(this.full());
    if (plan.rows === 0) return;
    const { requests } = plan;
    try {
      await this.arrange(this.trie.makeRoom(plan.rows));
      const output = await plan.run(this.decoder, this.mask);
      this.counts.forwardedTokens += plan.rows;
      if (areAllNumbers(output)) {
        plan.commit(output, this.decoder.spec);
        for (const request of requests) request.since = this.now();
        return;
      }
      plan.undo();
    } catch (error) {
      plan.undo();
      for (const request of requests) request.fail(error);
      return;
    }
    if (chosen.length > 1) for (const each of chosen) await this.forward([each]);
    else chosen[0]!.request.fail(damaged());
  }

  private full(): VerityError {
    return new VerityError(
      'busy',
      `The model's memory for context is full: its ${this.trie.limit} positions are in use. Try again when some requests are done.`,
    );
  }

  private async arrange(arrangement: Arrangement | undefined): Promise<void> {
    if (arrangement === undefined) return;
    this.mask.forget();
    try {
      const moved = await this.decoder.arrange(arrangement);
      this.counts.bytesMoved += moved;
    } catch (error) {
      // Trie and cache no longer agree: nothing can be computed any more.
      const reason = error instanceof Error ? error.message : String(error);
      this.closed = new VerityError(
        'workerDied',
        `There is not enough memory for the model's context (${reason}). Close other programs and restart the model.`,
        { cause: error },
      );
      throw this.closed;
    }
  }

  splice(start: TrieNode, sources: readonly TrieNode[]): TrieNode {
    const tip = this.trie.splice(start, sources);
    this.trie.pin(tip, start);
    return tip;
  }

  pin(node: TrieNode): void {
    this.trie.pin(node);
  }

  unpin(node: TrieNode, above?: TrieNode): void {
    this.trie.unpin(node, above);
  }

  drop(node: TrieNode, above: TrieNode): void {
    this.trie.unpin(node, above);
    this.trie.prune(node, above);
  }

  get bytesPerPosition(): number {
    return this.decoder.bytesPerPosition;
  }

  get stats(): CacheStats {
    const { live, pinned, capacity } = this.trie.size;
    const { bytesPerPosition } = this;
    return {
      livePositions: live,
      pinnedPositions: pinned,
      usedBytes: live * bytesPerPosition,
      pinnedBytes: pinned * bytesPerPosition,
      capacityBytes: capacity * bytesPerPosition,
      ...this.counts,
    };
  }

  /** Requests that hold room for what they cache, and those that wait for it. */
  get requests(): RequestCounts {
    return this.admission.counts;
  }

  /** Evicts, least recently used first, until at most `bytes` are used or all is pinned, and gives memory back. */
  evict(bytes: number): Promise<void> {
    return this.exclusively(() =>
      this.arrange(this.trie.shrink(Math.floor(bytes / this.decoder.bytesPerPosition))),
    );
  }

  /** Ends what waits, after the forward that runs. */
  async close(): Promise<void> {
    this.closed ??= new VerityError('workerDied', 'The model was unloaded. Ask again to load it.');
    for (const request of this.waiting) request.fail(this.closed);
    await this.working;
  }
}

function areAllNumbers({ logits, hidden }: ForwardOutput): boolean {
  return areNumbers(logits) && areNumbers(hidden);
}

/** A number times 0 is 0, anything else is NaN: one sum is faster than a test of each. */
function areNumbers(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  return sum === 0;
}

const damaged = (): VerityError =>
  new VerityError(
    'badModel',
    'The model computed values that are not numbers: its weights are damaged (NaN or infinite). Download it again.',
  );
