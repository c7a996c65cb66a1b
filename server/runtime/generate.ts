/** The generation loop: prefill in chunks, then one token per forward, until an end token, a stop string or a limit. */
import { VerityError } from './errors.ts';
import type { GenerateHooks, GenerateRequest, Generation, Step, TokenLogprob } from './language-model.ts';
import { largest, logSumExp, sampleToken, seededRandom } from './sampling.ts';
import type { Sequence } from './sequence.ts';
import { StreamingDecoder, type TextTokenizer } from './tokenizer.ts';

export interface GenerationContext {
  sequence: Sequence;
  tokenizer: TextTokenizer;
  endTokens: ReadonlySet<number>;
  contextLength: number;
}

/**
 * Writes the answer to a prompt of token ids.
 * @throws VerityError contextOverflow before any computation if prompt and answer do not fit.
 * @throws the signal's reason, within one forward pass of its abort.
 */
export async function generate(
  context: GenerationContext,
  prompt: number[],
  request: GenerateRequest,
  hooks: GenerateHooks = {},
): Promise<Generation> {
  checkLength(prompt.length, request.maxNewTokens, context.contextLength);
  const started = performance.now();
  let logits = await context.sequence.advance(prompt, hooks.signal);
  const prefillMs = performance.now() - started;

  const random = seededRandom(request.sampling.seed);
  const output = new StopBuffer(request.stop, hooks.onText);
  const decoder = new StreamingDecoder(context.tokenizer);
  const tokens = [...prompt];
  const steps: Step[] = [];
  let finishReason: Generation['finishReason'] = 'length';
  while (steps.length < request.maxNewTokens) {
    const token = sampleToken(logits, request.sampling, tokens, random);
    if (context.endTokens.has(token)) {
      finishReason = 'eos';
      break;
    }
    steps.push(step(context.tokenizer, logits, token, request.topLogprobs));
    tokens.push(token);
    if (output.push(decoder.push(token))) {
      finishReason = 'stop';
      break;
    }
    if (steps.length < request.maxNewTokens) logits = await context.sequence.advance(tokens, hooks.signal);
  }
  if (finishReason !== 'stop') output.end(decoder.flush());
  const totalMs = performance.now() - started;
  return { text: output.text, steps, finishReason, promptTokens: prompt.length, prefillMs, totalMs };
}

function checkLength(prompt: number, output: number, context: number): void {
  if (prompt === 0) throw new VerityError('badInput', 'The prompt is empty.');
  if (prompt + output <= context) return;
  throw new VerityError(
    'contextOverflow',
    `The prompt has ${prompt} tokens and ${output} are kept for the answer, but the model's context holds ${context}. ` +
      'Judge a smaller piece of code or choose a model with a longer context.',
  );
}

function step(tokenizer: TextTokenizer, logits: Float32Array, token: number, alternatives: number): Step {
  const normalizer = alternatives > 0 ? logSumExp(logits) : 0;
  const entry = (id: number): TokenLogprob => ({
    token: id,
    text: tokenizer.tokenText(id),
    logprob: alternatives > 0 ? logits[id]! - normalizer : 0,
  });
  return { ...entry(token), top: largest(logits, alternatives).map(entry) };
}

/** Emits text as it comes, but holds back what might be the beginning of a stop string. */
export class StopBuffer {
  text = '';
  private held = '';
  private readonly stops: string[];
  private readonly onText: ((delta: string) => void) | undefined;

  constructor(stops: string[], onText?: (delta: string) => void) {
    this.stops = stops.filter((stop) => stop !== '');
    this.onText = onText;
  }

  /** True when a stop string is complete: the text ends before it. */
  push(delta: string): boolean {
    this.held += delta;
    const found = this.stops.map((stop) => this.held.indexOf(stop)).filter((index) => index >= 0);
    if (found.length > 0) {
      this.emit(Math.min(...found));
      return true;
    }
    this.emit(this.held.length - this.possibleStopLength());
    return false;
  }

  /** The end came without a stop string: what was held back is text. */
  end(rest: string): void {
    if (!this.push(rest)) this.emit(this.held.length);
  }

  private emit(length: number): void {
    if (length <= 0) return;
    const delta = this.held.slice(0, length);
    this.held = this.held.slice(length);
    this.text += delta;
    this.onText?.(delta);
  }

  /** Length of the longest end of the held text that begins a stop string. */
  private possibleStopLength(): number {
    const longest = Math.max(0, ...this.stops.map((stop) => stop.length - 1));
    for (let length = Math.min(longest, this.held.length); length > 0; length--)
      if (this.stops.some((stop) => stop.startsWith(this.held.slice(-length)))) return length;
    return 0;
  }
}
