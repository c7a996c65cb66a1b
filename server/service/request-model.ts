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
