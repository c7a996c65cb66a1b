/**
 * A model position by position, for algorithms that choose what comes next themselves (tree search, latent agents):
 * branches of the KV trie, and the logits and hidden states at their tips. Appends of several branches that are asked
 * for together share one forward.
 */
import { unlessAborted } from './abort.ts';
import type { Vocabulary } from './checkpoint.ts';
import type { Branch } from './engine/branch.ts';
import type { Engine } from './engine/engine.ts';
import type { Priority } from './engine/policy.ts';
import { VerityError } from './errors.ts';
import type { ModelInfo, Prompt } from './language-model.ts';
import type { Realignment } from './realign/realignment.ts';

export interface OpenOptions {
  /** The most positions that the branch and its forks hold at a time. */
  positions: number;
  priority?: Priority | undefined;
  signal?: AbortSignal | undefined;
}

/** What an append computed. */
export interface TokenOutputs {
  /** [vocabSize], of the token after the last. */
  logits: Float32Array;
  /** [hiddenSize], of the last position, after the final norm. */
  hidden: Float32Array;
  /** Positions that were evaluated for it, and positions that were cached or shared with another branch. */
  forwarded: number;
  reused: number;
}

/** What a position evaluates: a token, or a [hiddenSize] vector in place of a token's embedding. */
export type Input = number | Float32Array;

export interface TokenBranch {
  /** Goes on with inputs, at least one. The promise rejects with the signal's reason within one forward. */
  append(inputs: readonly Input[], signal?: AbortSignal): Promise<TokenOutputs>;
  /**
   * Attaches positions `from` to `until` of another branch of the same model as working memory: what follows sees
   * their keys and values, and goes on after the last of them. Nothing is computed, and no room is taken.
   */
  splice(source: TokenBranch, from: number, until: number): Promise<void>;
  /** A second branch at the same tip, in the same room. */
  fork(): TokenBranch;
  /** Lets go of the path, which stays cached until its room is needed. Safe to call twice. */
  release(): void;
}

export interface TokenModel {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly contextLength: number;
  /** Bytes of keys and values that one position holds in the cache. */
  readonly bytesPerPosition: number;
  /** Tokens that end a generation. */
  readonly endTokens: ReadonlySet<number>;
  /** What stands before any text, where the model expects that. */
  readonly beginTokens: readonly number[];
  /** Equal for models in which every id means the same token. */
  readonly vocabularyDigest: string;
  encode(prompt: Prompt): number[];
  /** Ids of text, in which nothing becomes a special token. */
  encodeText(text: string): number[];
  /** One token as text, special tokens by their name; bytes of an incomplete character appear as U+FFFD. */
  tokenText(token: number): string;
  /** The text of tokens, special ones left out. */
  decode(tokens: readonly number[]): string;
  /**
   * An empty branch, once there is room.
   * @throws VerityError busy if there can never be that much room; the signal's reason.
   */
  open(options: OpenOptions): Promise<TokenBranch>;
  /**
   * The input vector that goes on from a hidden state, for a latent step (realign/). The first call of a checkpoint
   * may take long: its matrix is solved then, and kept.
   */
  realign(hidden: Float32Array, signal?: AbortSignal): Promise<Float32Array>;
}

type ModelSize = Pick<ModelInfo, 'vocabSize' | 'hiddenSize' | 'contextLength' | 'bytesPerPosition'>;

/** What is the same wherever the model runs: its tokens as text. */
export abstract class VocabularyTokenModel implements TokenModel {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly contextLength: number;
  readonly endTokens: ReadonlySet<number>;
  readonly bytesPerPosition: number;
  private readonly tokenizer: Vocabulary['tokenizer'];

  constructor(
    { tokenizer, endTokens }: Vocabulary,
    { vocabSize, hiddenSize, contextLength, bytesPerPosition }: ModelSize,
  ) {
    this.tokenizer = tokenizer;
    this.endTokens = endTokens;
    this.vocabSize = vocabSize;
    this.hiddenSize = hiddenSize;
    this.contextLength = contextLength;
    this.bytesPerPosition = bytesPerPosition;
  }

  get beginTokens(): readonly number[] {
    return this.tokenizer.beginTokens;
  }

  get vocabularyDigest(): string {
    return this.tokenizer.vocabularyDigest;
  }

  encode(prompt: Prompt): number[] {
    return this.tokenizer.encode(prompt);
  }

  encodeText(text: string): number[] {
    return this.tokenizer.encodeText(text);
  }

  tokenText(token: number): string {
    return this.tokenizer.tokenText(token);
  }

  decode(tokens: readonly number[]): string {
    return this.tokenizer.decode(tokens);
  }

  abstract open(options: OpenOptions): Promise<TokenBranch>;
  abstract realign(hidden: Float32Array, signal?: AbortSignal): Promise<Float32Array>;
}

/** A model in this process. */
export class EngineTokenModel extends VocabularyTokenModel {
  private readonly engine: Engine;
  private readonly openRealignment: () => Promise<Realignment>;
  private realignment: Promise<Realignment> | undefined;

  /** @param openRealignment is called when the first latent step asks for it. */
  constructor(
    engine: Engine,
    vocabulary: Vocabulary,
    size: ModelSize,
    openRealignment: () => Promise<Realignment>,
  ) {
    super(vocabulary, size);
    this.engine = engine;
    this.openRealignment = openRealignment;
  }

  async open({ positions, priority = 'panel', signal }: OpenOptions): Promise<TokenBranch> {
    return new EngineTokenBranch(await this.engine.open({ positions, priority, signal }));
  }

  /** Whoever is cancelled stops waiting for the matrix; others still want it. */
  async realign(hidden: Float32Array, signal?: AbortSignal): Promise<Float32Array> {
    if (hidden.length !== this.hiddenSize)
      throw new VerityError('badInput', `Give a hidden state of ${this.hiddenSize} values.`);
    this.realignment ??= this.openRealignment().catch((error: unknown) => {
      this.realignment = undefined;
      throw error;
    });
    return (await unlessAborted(this.realignment, signal)).apply(hidden);
  }
}

class EngineTokenBranch implements TokenBranch {
  private readonly branch: Branch;

  constructor(branch: Branch) {
    this.branch = branch;
  }

  async append(inputs: readonly Input[], signal?: AbortSignal): Promise<TokenOutputs> {
    const { logits, hidden, reused } = await this.branch.append(inputs, { signal });
    return { logits, hidden, reused, forwarded: inputs.length - reused };
  }

  splice(source: TokenBranch, from: number, until: number): Promise<void> {
    if (!(source instanceof EngineTokenBranch)) throw new Error('The branch belongs to another model.');
    this.branch.splice(source.branch.nodes.slice(from, until));
    return Promise.resolve();
  }

  fork(): TokenBranch {
    return new EngineTokenBranch(this.branch.fork());
  }

  release(): void {
    this.branch.release();
  }
}
