/**
 * Evaluates the live paths of a search: all of a step in one forward, what they share with each other and with the
 * step before from the KV trie. Policy, multifurcation and process reward models are all read through it.
 */
import { VerityError } from '../runtime/errors.ts';
import type { Priority } from '../runtime/engine/policy.ts';
import type { TokenBranch, TokenModel } from '../runtime/token-model.ts';

/** In positions and calls, of one model in one search. */
export interface PathCounters {
  /** Paths whose outputs were asked for. */
  calls: number;
  /** Positions evaluated, and positions found in the cache instead. */
  forwarded: number;
  reused: number;
}

export interface PathsOptions {
  /** What paths begin with, at least one token. */
  prefix: readonly number[];
  /** The most paths at a time, and the most tokens of each after the prefix. */
  width: number;
  length: number;
  priority?: Priority | undefined;
  signal?: AbortSignal | undefined;
}

export class Paths {
  readonly counters: PathCounters = { calls: 0, forwarded: 0, reused: 0 };
  private readonly root: TokenBranch;
  private readonly prefix: readonly number[];
  private readonly signal: AbortSignal | undefined;
  /** Those of the last step, whose positions the next one goes on from. */
  private held: TokenBranch[] = [];

  private constructor(root: TokenBranch, { prefix, signal }: PathsOptions) {
    this.root = root;
    this.prefix = prefix;
    this.signal = signal;
  }

  /**
   * @throws VerityError contextOverflow, before anything is computed, if the longest path does not fit; busy if there
   *   is no room for all.
   */
  static async open(model: TokenModel, options: PathsOptions): Promise<Paths> {
    const { prefix, width, length, priority, signal } = options;
    if (prefix.length === 0) throw new VerityError('badInput', 'The prompt is empty.');
    if (prefix.length + length > model.contextLength)
      throw new VerityError(
        'contextOverflow',
        `The prompt has ${prefix.length} tokens and ${length} are kept for the completion, but the model's context ` +
          `holds ${model.contextLength}. Give a shorter prompt or ask for fewer tokens.`,
      );
    // The paths of a step and those of the step before are held together.
    const positions = prefix.length + width * (length + 1);
    return new Paths(await model.open({ positions, priority, signal }), options);
  }

  /** The logits after the prefix and each path; [vocabSize] each. */
  logits(paths: readonly (readonly number[])[]): Promise<Float32Array[]> {
    return this.evaluate(paths.map((path) => [...this.prefix, ...path]));
  }

  /** The logits after whole sequences, which need not begin with the prefix. */
  async evaluate(sequences: readonly (readonly number[])[]): Promise<Float32Array[]> {
    this.signal?.throwIfAborted();
    const branches = sequences.map(() => this.root.fork());
    const before = this.held;
    this.held = branches;
    try {
      const outputs = await settled(
        sequences.map((sequence, index) => branches[index]!.append(sequence, this.signal)),
      );
      for (const { forwarded, reused } of outputs) {
        this.counters.forwarded += forwarded;
        this.counters.reused += reused;
      }
      this.counters.calls += sequences.length;
      return outputs.map(({ logits }) => logits);
    } finally {
      for (const branch of before) branch.release();
    }
  }

  release(): void {
    for (const branch of [...this.held, this.root]) branch.release();
  }
}

/**
 * All results, or the first failure once all have ended: a branch must not be released while it is appended to.
 */
export async function settled<Promises extends readonly Promise<unknown>[] | []>(
  promises: Promises,
): Promise<{ -readonly [Index in keyof Promises]: Awaited<Promises[Index]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
