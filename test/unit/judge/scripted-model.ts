/** A language model that writes what a test tells it to, and remembers what it was asked. */
import type {
  GenerateHooks,
  GenerateRequest,
  Generation,
  LanguageModel,
  ModelInfo,
  Prompt,
  Step,
} from '../../../server/runtime/language-model.ts';

/** A token of the script: its text and the probabilities of what might have stood in its place. */
export interface ScriptedToken {
  text: string;
  probability?: number;
  alternatives?: Record<string, number>;
}

export type Script = (string | ScriptedToken)[];

export const INFO: ModelInfo = {
  id: 'scripted',
  directory: '/nowhere',
  architecture: 'Scripted',
  parameters: 0,
  vocabSize: 0,
  hiddenSize: 0,
  contextLength: 100_000,
  device: 'cpu',
  dtype: 'fp32',
  weightBytes: 0,
  bytesPerPosition: 0,
};

/** The prompt's text with its special tokens spelled out. */
export const promptText = (prompt: Prompt): string =>
  prompt.kind === 'chat'
    ? prompt.messages.map(({ content }) => content).join('\n')
    : prompt.parts.map((part) => ('text' in part ? part.text : part.control)).join('');

export function stepsOf(script: Script): Step[] {
  return script.map((entry, index) => {
    const { text, probability = 1, alternatives = {} } = typeof entry === 'string' ? { text: entry } : entry;
    const chosen = { token: index, text, logprob: Math.log(probability) };
    const others = Object.entries(alternatives).map(([other, share], place) => ({
      token: 1000 * (index + 1) + place,
      text: other,
      logprob: Math.log(share),
    }));
    return { ...chosen, top: [chosen, ...others].sort((one, two) => two.logprob - one.logprob) };
  });
}

export class ScriptedModel implements LanguageModel {
  readonly info: ModelInfo;
  readonly requests: GenerateRequest[] = [];
  readonly counted: Prompt[] = [];
  private readonly write: (request: GenerateRequest, call: number) => Script;

  /** One token per character of the prompt. */
  constructor(
    write: ((request: GenerateRequest, call: number) => Script) | Script[],
    info: Partial<ModelInfo> = {},
  ) {
    this.write = typeof write === 'function' ? write : (_, call) => write[call]!;
    this.info = { ...INFO, ...info };
  }

  countTokens(prompt: Prompt): Promise<number> {
    this.counted.push(prompt);
    return Promise.resolve(promptText(prompt).length);
  }

  async generate(request: GenerateRequest, hooks: GenerateHooks = {}): Promise<Generation> {
    const steps = stepsOf(this.write(request, this.requests.length));
    this.requests.push(request);
    for (const { text } of steps) {
      hooks.signal?.throwIfAborted();
      hooks.onText?.(text);
      await Promise.resolve();
    }
    const text = steps.map((step) => step.text).join('');
    const promptTokens = promptText(request.prompt).length;
    return { text, steps, finishReason: 'eos', promptTokens, prefillMs: 1, totalMs: 2 };
  }

  tokens(): Promise<never> {
    return Promise.reject(new Error('a scripted model has no tokens'));
  }

  evaluate(): Promise<never> {
    return Promise.reject(new Error('a scripted model has no logits'));
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}
