/** The generation loop: prefill in chunks, then one token per forward, until an end token, a stop string or a limit. */
import type { Branch } from './engine/branch.ts';
import type { Engine } from './engine/engine.ts';
import { VerityError } from './errors.ts';
import type { GenerateHooks, GenerateRequest, Generation, Step, TokenLogprob } from './language-model.ts';
import { Speculation } from './speculate.ts';
import { largest, logSumExp, sampleToken, seededRandom } from './sampling.ts';
import { StreamingDecoder, type TextTokenizer } from './tokenizer.ts';

export interface GenerationContext {
  engine: Engine;
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
  const { priority = 'panel', maxNewTokens } = request;
  const { signal } = hooks;
  const started = performance.now();
  const branch = await context.engine.open({ positions: prompt.length + maxNewTokens, priority, signal });
  try {
    hooks.onBegin?.();
    const first = await branch.append(prompt, { signal });
    const prefillMs = performance.now() - started;
    const written = await write(context, branch, prompt, first.logits, request, hooks);
    return { ...written, promptTokens: prompt.length, prefillMs, totalMs: performance.now() - started };
  } finally {
    branch.release();
  }
}

/** Token after token below a branch that holds the prompt, whose last logits are given. */
async function write(
  { tokenizer, endTokens }: GenerationContext,
  branch: Branch,
  prompt: number[],
  logits: Float32Array,
  { sampling, stop, topLogprobs, maxNewTokens }: GenerateRequest,
  { onText, signal }: GenerateHooks,
): Promise<Pick<Generation, 'text' | 'steps' | 'finishReason'>> {
  const random = seededRandom(sampling.seed);
  const output = new StopBuffer(stop, onText);
  const decoder = new StreamingDecoder(tokenizer);
  const tokens = [...prompt];
  const steps: Step[] = [];
  const speculation =
    sampling.temperature === 0 ? new Speculation(branch, prompt, maxNewTokens, signal) : undefined;
  const after = async (token: number): Promise<Float32Array> =>
    speculation === undefined ? (await branch.append([token], { signal })).logits : speculation.after(token);
  let finishReason: Generation['finishReason'] = 'length';
  while (steps.length < maxNewTokens) {
    const token = sampleToken(logits, sampling, tokens, random);
    if (endTokens.has(token)) {
      finishReason = 'eos';
      break;
    }
    steps.push(step(tokenizer, logits, token, topLogprobs));
    tokens.push(token);
    if (output.push(decoder.push(token))) {
      finishReason = 'stop';
      break;
    }
    if (steps.length < maxNewTokens) logits = await after(token);
  }
  if (finishReason !== 'stop') output.end(decoder.flush());
  return { text: output.text, steps, finishReason };
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
