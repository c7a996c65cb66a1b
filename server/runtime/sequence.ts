/** One cached sequence of tokens: a request computes only what follows the prefix it shares with the last one. */
import { VerityError } from './errors.ts';
import type { Evaluation } from './language-model.ts';
import type { DecoderSession } from './session.ts';

/** A long prompt is evaluated in pieces, so that a cancellation never waits for more than one of them. */
const PREFILL_CHUNK = 256;

export class Sequence {
  private readonly session: DecoderSession;
  /** Tokens whose keys and values are in the cache, in slot order. */
  private cached: number[] = [];
  /** Tokens evaluated so far, over all requests: what prefix reuse saves can be read off it. */
  forwardedTokens = 0;

  constructor(session: DecoderSession) {
    this.session = session;
  }

  /** Makes `tokens` the sequence and returns the logits [vocabSize] after its last token. */
  async advance(tokens: number[], signal?: AbortSignal): Promise<Float32Array> {
    // The last token is always evaluated: its logits are what the caller came for.
    const shared = Math.min(commonPrefix(this.cached, tokens), tokens.length - 1);
    this.cached.length = shared;
    let logits: Float32Array = new Float32Array();
    while (this.cached.length < tokens.length) {
      const chunk = tokens.slice(this.cached.length, this.cached.length + PREFILL_CHUNK);
      const isLast = this.cached.length + chunk.length === tokens.length;
      ({ logits } = await this.forward(chunk, isLast ? [chunk.length - 1] : [], signal));
    }
    return checkFinite(logits);
  }

  /** Logits and hidden states of every position of `tokens`, from an empty cache. */
  async evaluate(tokens: number[], signal?: AbortSignal): Promise<Evaluation> {
    this.cached = [];
    const { vocabSize, hiddenSize } = this.session.spec;
    const logits = new Float32Array(tokens.length * vocabSize);
    const hidden = new Float32Array(tokens.length * hiddenSize);
    while (this.cached.length < tokens.length) {
      const start = this.cached.length;
      const chunk = tokens.slice(start, start + PREFILL_CHUNK);
      const output = await this.forward(chunk, [...chunk.keys()], signal);
      logits.set(output.logits, start * vocabSize);
      hidden.set(output.hidden, start * hiddenSize);
    }
    return { logits: checkFinite(logits), hidden };
  }

  private async forward(tokens: number[], rows: number[], signal: AbortSignal | undefined) {
    signal?.throwIfAborted();
    const past = this.cached.length;
    const positions = tokens.map((_, index) => past + index);
    const output = await this.session.forward({ input: { tokens }, positions, past, rows });
    this.cached.push(...tokens);
    this.forwardedTokens += tokens.length;
    return output;
  }
}

function commonPrefix(a: number[], b: number[]): number {
  const end = Math.min(a.length, b.length);
  let length = 0;
  while (length < end && a[length] === b[length]) length++;
  return length;
}

function checkFinite(logits: Float32Array): Float32Array {
  if (logits.every((value) => Number.isFinite(value))) return logits;
  throw new VerityError(
    'badModel',
    'The model computed values that are not numbers: its weights are damaged (NaN or infinite). Download it again.',
  );
}
