/**
 * A model token by token, for algorithms that choose tokens themselves (tree search): branches of the KV trie and the
 * logits at their tips. Appends of several branches that are asked for together share one forward.
 */
import type { Vocabulary } from './checkpoint.ts';
import type { Branch } from './engine/branch.ts';
import type { Engine } from './engine/engine.ts';
import type { Priority } from './engine/policy.ts';
import type { ModelInfo, Prompt } from './language-model.ts';

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
  /** Positions that were evaluated for it, and positions that were cached or shared with another branch. */
  forwarded: number;
  reused: number;
}

export interface TokenBranch {
  /** Goes on with tokens, at least one. The promise rejects with the signal's reason within one forward. */
  append(tokens: readonly number[], signal?: AbortSignal): Promise<TokenOutputs>;
  /** A second branch at the same tip, in the same room. */
  fork(): TokenBranch;
  /** Lets go of the path, which stays cached until its room is needed. Safe to call twice. */
  release(): void;
}

export interface TokenModel {
  readonly vocabSize: number;
  readonly contextLength: number;
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
}

/** What is the same wherever the model runs: its tokens as text. */
export abstract class VocabularyTokenModel implements TokenModel {
  readonly vocabSize: number;
  readonly contextLength: number;
  readonly endTokens: ReadonlySet<number>;
  private readonly tokenizer: Vocabulary['tokenizer'];

  constructor(
    { tokenizer, endTokens }: Vocabulary,
    { vocabSize, contextLength }: Pick<ModelInfo, 'vocabSize' | 'contextLength'>,
  ) {
    this.tokenizer = tokenizer;
    this.endTokens = endTokens;
    this.vocabSize = vocabSize;
    this.contextLength = contextLength;
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
    return this.tokenizer.decode([...tokens]);
  }

  abstract open(options: OpenOptions): Promise<TokenBranch>;
}

/** A model in this process. */
export class EngineTokenModel extends VocabularyTokenModel {
  private readonly engine: Engine;

  constructor(engine: Engine, vocabulary: Vocabulary, size: Pick<ModelInfo, 'vocabSize' | 'contextLength'>) {
    super(vocabulary, size);
    this.engine = engine;
  }

  async open({ positions, priority = 'panel', signal }: OpenOptions): Promise<TokenBranch> {
    return new EngineTokenBranch(await this.engine.open({ positions, priority, signal }));
  }
}

class EngineTokenBranch implements TokenBranch {
  private readonly branch: Branch;

  constructor(branch: Branch) {
    this.branch = branch;
  }

  async append(tokens: readonly number[], signal?: AbortSignal): Promise<TokenOutputs> {
    const { logits, reused } = await this.branch.append(tokens, { signal });
    return { logits, reused, forwarded: tokens.length - reused };
  }

  fork(): TokenBranch {
    return new EngineTokenBranch(this.branch.fork());
  }

  release(): void {
    this.branch.release();
  }
}
