/**
 * The generation loop: prefill in chunks, then a token per forward (or several, where they are given or were guessed),
 * until an end token, a stop string or a limit, or until the answer's form is complete.
 */
import { Answer } from './answer.ts';
import type { Engine } from './engine/engine.ts';
import { VerityError } from './errors.ts';
import { AnswerGuide } from './guide.ts';
import type { GenerateHooks, GenerateRequest, Generation } from './language-model.ts';
import { Speculation } from './speculate.ts';
import type { TextTokenizer } from './tokenizer.ts';

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
  const { tokenizer, endTokens, engine, contextLength } = context;
  const guide = request.forms && new AnswerGuide(tokenizer, request.forms, endTokens);
  const room = guide?.longest ?? request.maxNewTokens;
  checkLength(prompt.length, room, contextLength);
  const { priority = 'panel' } = request;
  const { signal } = hooks;
  const started = performance.now();
  const branch = await engine.open({ positions: prompt.length + room, priority, signal });
  try {
    hooks.onBegin?.();
    const given = guide?.begin() ?? [];
    const first = await branch.append([...prompt, ...given], { signal });
    const prefillMs = performance.now() - started;
    const speculation =
      request.sampling.temperature === 0
        ? new Speculation(branch, [...prompt, ...given], room - given.length, signal)
        : undefined;
    const after = async (tokens: number[]) =>
      speculation === undefined
        ? (await branch.append(tokens, { signal })).logits
        : speculation.after(tokens);
    const answer = new Answer(tokenizer, prompt, request, hooks);
    answer.give(given);
    await write(answer, first.logits, { guide, room, endTokens }, after);
    return {
      ...answer.result,
      promptTokens: prompt.length,
      prefillMs,
      totalMs: performance.now() - started,
    };
  } finally {
    branch.release();
  }
}

interface Limits {
  guide: AnswerGuide | undefined;
  /** Tokens of the answer at most. */
  room: number;
  endTokens: ReadonlySet<number>;
}

/** Token after token, from the logits after the prompt on; `after` evaluates what was written. */
async function write(
  answer: Answer,
  logits: Float32Array,
  { guide, room, endTokens }: Limits,
  after: (tokens: number[]) => Promise<Float32Array>,
): Promise<void> {
  for (;;) {
    const allowed = guide?.narrow(logits) ?? logits;
    const token = answer.sample(allowed);
    if (guide === undefined && endTokens.has(token)) {
      answer.end('eos');
      return;
    }
    const written = guide?.take(token) ?? [token];
    answer.write(written, token, allowed);
    if (guide?.isComplete) answer.end('form');
    else if (answer.length >= room) answer.end('length');
    if (answer.isEnded) return;
    logits = await after(written);
  }
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
