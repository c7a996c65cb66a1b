/**
 * The one interface between the jobs and the runtime. A job's algorithm is a pure function over it, so it can be
 * tested with a scripted model and run with a real one (in this process or, as the product does, in a worker).
 */
import type { TokenModel } from './token-model.ts';

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/**
 * What a prompt is made of. `control` names one special token of the tokenizer (`<|im_start|>`); `text` is quoted
 * data that never becomes a special token, whatever it spells.
 */
export type PromptPart = { control: string } | { text: string };

/** Either messages for the checkpoint's chat template (a generation prompt is added), or explicit parts. */
export type Prompt =
  | { kind: 'chat'; messages: ChatMessage[]; /** Text that the answer starts with. */ prefill?: string }
  | { kind: 'parts'; parts: PromptPart[] };

/** Logits processors run in this order: repetition penalty, temperature, top-k, top-p, min-p. */
export interface Sampling {
  /** 0 is greedy. */
  temperature: number;
  /** Keep the k most likely tokens; 0 keeps all. */
  topK: number;
  /** Keep the smallest set whose mass reaches p; 1 keeps all. */
  topP: number;
  /** Drop tokens less likely than minP × the likeliest; 0 drops none. */
  minP: number;
  /** Hugging Face's repetition penalty over prompt and output; 1 is off. */
  repetitionPenalty: number;
  /** Seed of the sampler; the same seed and checkpoint give the same text. */
  seed: number;
}

export const GREEDY: Readonly<Sampling> = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  seed: 0,
};

/** One way an answer may go: text that is given, text of the model's own, text that is given. */
export interface AnswerForm {
  opening: string;
  /** The model's own text ends with the first of these, or with an end token or `limit` tokens, and it is added. */
  until: string;
  limit: number;
  closing: string;
}

export interface GenerateRequest {
  prompt: Prompt;
  /** Tokens of the answer at most; with `forms`, their own limits hold instead. */
  maxNewTokens: number;
  /** The answer takes one of these forms; the model chooses where they part, and writes its own part. */
  forms?: AnswerForm[] | undefined;
  sampling: Sampling;
  /** Generation ends before the first of these strings; it is not part of the text. */
  stop: string[];
  /** How many of the likeliest alternatives each step records; 0 records none. */
  topLogprobs: number;
  /** Inline completions go before panels, panels before batch work; 'panel' if left out. */
  priority?: 'inline' | 'panel' | 'batch' | undefined;
}

/**
 * A token and log P(token | all before), natural logarithm, after the model's softmax at temperature 1, of the tokens
 * that the answer's forms allow: 0 for a token that they give.
 */
export interface TokenLogprob {
  token: number;
  /** The token's own text; bytes of an incomplete character appear as U+FFFD. */
  text: string;
  logprob: number;
}

export interface Step extends TokenLogprob {
  /** The likeliest alternatives, best first, the chosen token among them if it is one. */
  top: TokenLogprob[];
}

export interface Generation {
  text: string;
  steps: Step[];
  /** `form`: the form that the answer took is complete. */
  finishReason: 'eos' | 'stop' | 'length' | 'form';
  promptTokens: number;
  /** Milliseconds: prompt evaluated, and everything. */
  prefillMs: number;
  totalMs: number;
}

export interface GenerateHooks {
  /** Called with each new piece of text, in order; the pieces joined are `Generation.text`. */
  onText?: (delta: string) => void;
  /** Called when the request has waited its turn and is being worked on. */
  onBegin?: () => void;
  /** Aborting takes effect within one forward pass; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What the compact and the chat prompt families need to know of a checkpoint, and what status shows. */
export interface ModelInfo {
  /** The directory's name or the catalog's id. */
  id: string;
  directory: string;
  architecture: string;
  parameters: number;
  vocabSize: number;
  hiddenSize: number;
  contextLength: number;
  /** Bytes of keys and values that one position holds in the cache. */
  bytesPerPosition: number;
  device: string;
  /** Why it runs there. */
  deviceReason?: string;
  /** How the weights are held: fp32, int8 or int4. */
  dtype: string;
  /** Bytes the weights take in the files they are loaded from: the checkpoint's, or their quantized copy. */
  weightBytes: number;
}

/** Every position's outcome of one forward, row-major, for parity checks. */
export interface Evaluation {
  /** [tokens, vocabSize] */
  logits: Float32Array;
  /** [tokens, hiddenSize], after the final norm. */
  hidden: Float32Array;
}

export interface LanguageModel {
  readonly info: ModelInfo;
  /** The same model token by token. */
  tokens(): Promise<TokenModel>;
  /** Number of tokens of a prompt: to fit it into the context before asking. */
  countTokens(prompt: Prompt, signal?: AbortSignal): Promise<number>;
  generate(request: GenerateRequest, hooks?: GenerateHooks): Promise<Generation>;
  /** Logits and final hidden state of every position of one sequence. */
  evaluate(tokens: number[], signal?: AbortSignal): Promise<Evaluation>;
  /** Ends the session (and the worker process behind it). Safe to call twice. */
  dispose(): Promise<void>;
}
