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
  private held: Held[] = [];

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
    const before = this.held;
    const begun = sequences.map((sequence) => this.begin(sequence));
    this.held = begun.map(({ branch }, index) => ({ branch, sequence: sequences[index]! }));
    try {
      const outputs = await settled(begun.map(({ branch, left }) => branch.append(left, this.signal)));
      for (const [index, { forwarded }] of outputs.entries()) {
        this.counters.forwarded += forwarded;
        this.counters.reused += sequences[index]!.length - forwarded;
      }
      this.counters.calls += sequences.length;
      return outputs.map(({ logits }) => logits);
    } finally {
      for (const { branch } of before) branch.release();
    }
  }

  /** A fork of the longest held path that a sequence goes on from, and what is left to append. */
  private begin(sequence: readonly number[]): { branch: TokenBranch; left: readonly number[] } {
    let longest: Held = { branch: this.root, sequence: [] };
    for (const held of this.held)
      if (held.sequence.length > longest.sequence.length && goesOn(sequence, held.sequence)) longest = held;
    return { branch: longest.branch.fork(), left: sequence.slice(longest.sequence.length) };
  }

  release(): void {
    for (const { branch } of this.held) branch.release();
    this.root.release();
  }
}

interface Held {
  branch: TokenBranch;
  sequence: readonly number[];
}

/** Paths differ near their ends, so it is looked there first. */
function goesOn(sequence: readonly number[], start: readonly number[]): boolean {
  if (start.length >= sequence.length) return false;
  for (let index = start.length - 1; index >= 0; index--) if (sequence[index] !== start[index]) return false;
  return true;
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
