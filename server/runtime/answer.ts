/** What a generation has written so far: tokens, their probabilities, and text that ends before a stop string. */
import type {
  GenerateHooks,
  GenerateRequest,
  Generation,
  Sampling,
  Step,
  TokenLogprob,
} from './language-model.ts';
import { largest, logSumExp, sampleToken, seededRandom } from './sampling.ts';
import { StreamingDecoder, type TextTokenizer } from './tokenizer.ts';

/** The answer as it grows: its tokens, steps and text. */
export class Answer {
  private finishReason: Generation['finishReason'] | undefined;
  private readonly steps: Step[] = [];
  private readonly tokens: number[];
  private readonly tokenizer: TextTokenizer;
  private readonly decoder: StreamingDecoder;
  private readonly output: StopBuffer;
  private readonly sampling: Sampling;
  private readonly alternatives: number;
  private readonly random: () => number;

  constructor(
    tokenizer: TextTokenizer,
    prompt: readonly number[],
    { sampling, stop, topLogprobs }: GenerateRequest,
    { onText }: GenerateHooks,
  ) {
    this.tokens = [...prompt];
    this.tokenizer = tokenizer;
    this.decoder = new StreamingDecoder(tokenizer);
    this.output = new StopBuffer(stop, onText);
    this.sampling = sampling;
    this.alternatives = topLogprobs;
    this.random = seededRandom(sampling.seed);
  }

  get isEnded(): boolean {
    return this.finishReason !== undefined;
  }

  get length(): number {
    return this.steps.length;
  }

  get result(): Pick<Generation, 'text' | 'steps' | 'finishReason'> {
    return { text: this.output.text, steps: this.steps, finishReason: this.finishReason ?? 'length' };
  }

  sample(logits: Float32Array): number {
    return sampleToken(logits, this.sampling, this.tokens, this.random);
  }

  /** Adds tokens that nobody had to choose. */
  give(tokens: readonly number[]): void {
    for (const token of tokens)
      this.push({ token, text: this.tokenizer.tokenText(token), logprob: 0, top: [] });
  }

  /** Adds the chosen token, if it stands at the front of what is to be written, and the given ones after it. */
  write(written: readonly number[], chosen: number, logits: Float32Array): void {
    const isChosen = written[0] === chosen;
    if (isChosen) this.push(step(this.tokenizer, logits, chosen, this.alternatives));
    this.give(isChosen ? written.slice(1) : written);
  }

  private push(step: Step): void {
    if (this.isEnded) return;
    this.steps.push(step);
    this.tokens.push(step.token);
    if (this.output.push(this.decoder.push(step.token))) this.finishReason = 'stop';
  }

  end(reason: Exclude<Generation['finishReason'], 'stop'>): void {
    if (this.isEnded) return;
    this.finishReason = reason;
    this.output.end(this.decoder.flush());
  }
}

function step(tokenizer: TextTokenizer, logits: Float32Array, token: number, alternatives: number): Step {
  const normalizer = alternatives > 0 ? logSumExp(logits) : 0;
  const entry = (id: number): TokenLogprob => ({
    token: id,
    text: tokenizer.tokenText(id),
    logprob: alternatives > 0 ? logits[id]! - normalizer : 0,
  });
  const likeliest = largest(logits, alternatives).filter((id) => logits[id]! > -Infinity);
  return { ...entry(token), top: likeliest.map(entry) };
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
