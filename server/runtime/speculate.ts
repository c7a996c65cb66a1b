/**
 * Speculative decoding by prompt lookup (Saxena 2023; verification as in Leviathan et al., arXiv 2211.17192): what
 * followed the last few tokens when they stood before is guessed to follow again, and one forward evaluates the next
 * token and the guesses behind it. A judge quotes the code it reads, so guesses often come true.
 *
 * The caller chooses each token from logits as ever; a guess only means that the logits are there already. So the
 * text is the same as without, whatever is guessed.
 */
import type { Branch } from './engine/branch.ts';
import { FEW } from './engine/policy.ts';

/** Contexts that a guess is looked up by, the longest first: the more tokens agree, the better the guess. */
const NGRAMS = [4, 3, 2];

/** With the next token before them, guesses stay a request of few positions, see the scheduling policy. */
const MOST_GUESSES = FEW - 1;

/** What one more row costs, in forwards of one row: measured 0.05 to 0.09 (embedded model, float32, 2 cores). */
const ROW_COST = 0.1;

/** A gain below 0 stops the guessing for this many tokens; then it is given another try. */
const REST = 32;

/** What is left of the gain so far with each round of guesses. */
const DECAY = 0.8;

/** Finds where the last tokens stood before. */
export class PromptLookup {
  private readonly tokens: number[] = [];
  /** N-gram → index after its latest occurrence but for the one at the end. */
  private readonly after = new Map<string, number>();

  constructor(tokens: Iterable<number>) {
    for (const token of tokens) this.push(token);
  }

  push(token: number): void {
    // An n-gram is entered when something follows it, so that the end never finds itself.
    for (const size of NGRAMS) {
      const key = this.ending(size);
      if (key !== undefined) this.after.set(key, this.tokens.length);
    }
    this.tokens.push(token);
  }

  /** Up to `most` tokens that followed the longest known n-gram at the end; none if none is known. */
  guess(most: number): number[] {
    for (const size of NGRAMS) {
      const key = this.ending(size);
      const start = key === undefined ? undefined : this.after.get(key);
      if (start !== undefined) return this.tokens.slice(start, start + most);
    }
    return [];
  }

  private ending(size: number): string | undefined {
    return this.tokens.length < size ? undefined : this.tokens.slice(-size).join();
  }
}

/** The logits after each token of a generation, some of them computed ahead. */
export class Speculation {
  private readonly branch: Pick<Branch, 'append' | 'stepBack'>;
  private readonly lookup: PromptLookup;
  private readonly signal: AbortSignal | undefined;
  /** Tokens still to be written. */
  private left: number;
  /** On the branch, but not confirmed; and the logits after each. */
  private guesses: number[] = [];
  private rows: Float32Array[] = [];
  /** Guesses in this round, and how many of them came true. */
  private guessed = 0;
  private confirmed = 0;
  /** Forwards saved lately, less what the rows cost; it starts with some trust. */
  private gain = 1;
  private most = 4;
  private resting = 0;

  /** @param branch holds the prompt; `after` lets it grow by the tokens it is told. */
  constructor(
    branch: Pick<Branch, 'append' | 'stepBack'>,
    prompt: readonly number[],
    maxNewTokens: number,
    signal?: AbortSignal,
  ) {
    this.branch = branch;
    this.lookup = new PromptLookup(prompt);
    this.left = maxNewTokens;
    this.signal = signal;
  }

  /** Appends the tokens that were written, at least one, and returns the logits [vocabSize] after the last. */
  async after(tokens: readonly number[]): Promise<Float32Array> {
    this.signal?.throwIfAborted();
    for (const token of tokens) this.lookup.push(token);
    this.left -= tokens.length;
    const known = this.confirm(tokens);
    return known.length < tokens.length ? this.append(tokens.slice(known.length)) : known.at(-1)!;
  }

  /** The logits after those of the tokens, from the first on, that were guessed. */
  private confirm(tokens: readonly number[]): Float32Array[] {
    let count = 0;
    while (count < tokens.length && this.guesses[count] === tokens[count]) count++;
    this.guesses = this.guesses.slice(count);
    this.confirmed += count;
    return this.rows.splice(0, count);
  }

  private async append(tokens: readonly number[]): Promise<Float32Array> {
    this.branch.stepBack(this.guesses.length);
    this.learn();
    const guesses = this.guess();
    this.guessed = guesses.length;
    this.confirmed = 0;
    const rows = 1 + guesses.length;
    const { logits } = await this.branch.append([...tokens, ...guesses], { rows, signal: this.signal });
    const width = logits.length / rows;
    const [first, ...others] = Array.from({ length: rows }, (_, row) =>
      logits.subarray(row * width, (row + 1) * width),
    );
    this.guesses = guesses;
    this.rows = others;
    return first!;
  }

  /** No more than can still be used, and none where guessing does not pay. */
  private guess(): number[] {
    if (this.resting > 0) {
      this.resting--;
      return [];
    }
    return this.lookup.guess(Math.min(this.most, this.left - 1));
  }

  /** The next round guesses twice as many if all came true, one more than came true if not, none if it does not pay. */
  private learn(): void {
    if (this.guessed === 0) return;
    const allTrue = this.confirmed === this.guessed;
    this.most = Math.min(MOST_GUESSES, allTrue ? 2 * this.most : this.confirmed + 1);
    this.gain = DECAY * this.gain + this.confirmed - ROW_COST * this.guessed;
    if (this.gain >= 0) return;
    this.gain = 0;
    this.resting = REST;
  }
}
