/** A model as one request sees it: what a job asks through it has the request's priority and marks its beginning. */
import type {
  Evaluation,
  GenerateHooks,
  GenerateRequest,
  Generation,
  LanguageModel,
  ModelInfo,
  Prompt,
} from '../runtime/language-model.ts';
import type { OpenOptions, TokenBranch, TokenModel } from '../runtime/token-model.ts';
import type { Request } from './requests.ts';

export class RequestModel implements LanguageModel {
  private readonly model: LanguageModel;
  private readonly request: Request;

  constructor(model: LanguageModel, request: Request) {
    this.model = model;
    this.request = request;
  }

  get info(): ModelInfo {
    return this.model.info;
  }

  async tokens(): Promise<TokenModel> {
    return new RequestTokenModel(await this.model.tokens(), this.request);
  }

  countTokens(prompt: Prompt, signal = this.request.signal): Promise<number> {
    return this.model.countTokens(prompt, signal);
  }

  generate(request: GenerateRequest, hooks: GenerateHooks = {}): Promise<Generation> {
    const { priority = this.request.priority } = request;
    const onBegin = () => {
      this.request.begin();
      hooks.onBegin?.();
    };
    return this.model.generate({ ...request, priority }, { ...hooks, onBegin });
  }

  evaluate(tokens: number[], signal = this.request.signal): Promise<Evaluation> {
    this.request.begin();
    return this.model.evaluate(tokens, signal);
  }

  /** The model is its host's to end. */
  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

class RequestTokenModel implements TokenModel {
  private readonly model: TokenModel;
  private readonly request: Request;

  constructor(model: TokenModel, request: Request) {
    this.model = model;
    this.request = request;
  }

  get vocabSize(): number {
    return this.model.vocabSize;
  }

  get hiddenSize(): number {
    return this.model.hiddenSize;
  }

  get bytesPerPosition(): number {
    return this.model.bytesPerPosition;
  }

  get contextLength(): number {
    return this.model.contextLength;
  }

  get endTokens(): ReadonlySet<number> {
    return this.model.endTokens;
  }

  get beginTokens(): readonly number[] {
    return this.model.beginTokens;
  }

  get vocabularyDigest(): string {
    return this.model.vocabularyDigest;
  }

  encode(prompt: Prompt): number[] {
    return this.model.encode(prompt);
  }

  encodeText(text: string): number[] {
    return this.model.encodeText(text);
  }

  tokenText(token: number): string {
    return this.model.tokenText(token);
  }

  decode(tokens: readonly number[]): string {
    return this.model.decode(tokens);
  }

  realign(hidden: Float32Array, signal = this.request.signal): Promise<Float32Array> {
    return this.model.realign(hidden, signal);
  }

  /** The request begins once there is room for what it opens. */
  async open({ signal = this.request.signal, ...options }: OpenOptions): Promise<TokenBranch> {
    const { priority = this.request.priority } = options;
    const branch = await this.model.open({ ...options, priority, signal });
    this.request.begin();
    return branch;
  }
}
