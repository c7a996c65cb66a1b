/** A token model without weights: it says what it is asked, and counts what is held. */
import type {
  Input,
  OpenOptions,
  TokenBranch,
  TokenModel,
  TokenOutputs,
} from '../../../server/runtime/token-model.ts';

export const VOCAB = 300;
export const END = 0;
const HIDDEN = 4;

export interface Script {
  /** The outputs after a path; logits of a certain token if left out. */
  after?: (path: readonly Input[]) => Partial<Pick<TokenOutputs, 'logits' | 'hidden'>>;
  /** Called before each append; throws what the append rejects with. */
  before?: (inputs: readonly Input[]) => void | Promise<void>;
  contextLength?: number;
}

/** Logits by which one token is certain. */
export function certain(token: number): Float32Array {
  const logits = new Float32Array(VOCAB).fill(-100);
  logits[token] = 100;
  return logits;
}

/** Text is bytes, so that prompts can be read back. */
export class ScriptedModel implements TokenModel {
  readonly vocabSize = VOCAB;
  readonly hiddenSize = HIDDEN;
  readonly contextLength: number;
  readonly bytesPerPosition = 10;
  readonly endTokens = new Set([END]);
  readonly beginTokens = [];
  readonly vocabularyDigest = 'scripted';
  /** Branches that nobody has released. */
  held = 0;
  /** What prompts said, in the order they were read. */
  readonly prompts: string[] = [];
  private readonly script: Script;

  constructor(script: Script = {}) {
    this.script = script;
    this.contextLength = script.contextLength ?? 100_000;
  }

  encode(prompt: Parameters<TokenModel['encode']>[0]): number[] {
    const text = prompt.kind === 'chat' ? prompt.messages.at(-1)!.content : '';
    this.prompts.push(text);
    return this.encodeText(text);
  }

  encodeText(text: string): number[] {
    return [...Buffer.from(text)];
  }

  tokenText(token: number): string {
    return String.fromCharCode(token);
  }

  decode(tokens: readonly number[]): string {
    return Buffer.from(tokens).toString();
  }

  realign(hidden: Float32Array): Promise<Float32Array> {
    return Promise.resolve(hidden.slice());
  }

  open({ signal }: OpenOptions): Promise<TokenBranch> {
    signal?.throwIfAborted();
    return Promise.resolve(this.branch([]));
  }

  private branch(start: Input[]): TokenBranch {
    const path = [...start];
    let isReleased = false;
    this.held++;
    const branch = {
      path,
      append: async (inputs: readonly Input[], signal?: AbortSignal) => {
        if (isReleased) throw new Error('released');
        await new Promise((resolve) => setImmediate(resolve));
        signal?.throwIfAborted();
        await this.script.before?.(inputs);
        path.push(...inputs);
        const hidden = Float32Array.from({ length: HIDDEN }, (_, i) => Math.sin(path.length + i) + 2);
        const outputs = { logits: certain(END), hidden, ...this.script.after?.(path) };
        return { ...outputs, forwarded: inputs.length, reused: 0 };
      },
      splice: (source: TokenBranch, from: number, until: number) => {
        path.push(...(source as typeof branch).path.slice(from, until));
        return Promise.resolve();
      },
      fork: () => this.branch(path),
      release: () => {
        if (!isReleased) this.held--;
        isReleased = true;
      },
    };
    return branch;
  }
}
