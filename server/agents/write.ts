/** An agent's text: token after token from a branch, until an end token, the limit, or a loop. */
import { type Sampling } from '../runtime/language-model.ts';
import { sampleToken, seededRandom } from '../runtime/sampling.ts';
import type { TokenBranch, TokenModel, TokenOutputs } from '../runtime/token-model.ts';
import { StreamingDecoder } from '../runtime/tokenizer.ts';
import { LoopDetector } from './loops.ts';

export interface WriteOptions {
  maxNewTokens: number;
  /** 0 is greedy; above it top-p is the paper's 0.95. */
  temperature: number;
  seed: number;
  signal?: AbortSignal | undefined;
  onText?: ((delta: string) => void) | undefined;
}

export interface Written {
  text: string;
  tokens: number;
  /** Positions evaluated for it. */
  forwarded: number;
  endedBy: 'end' | 'length' | 'loop';
}

/** @param outputs of the branch's last position. @throws the signal's reason, within one forward. */
export async function write(
  model: TokenModel,
  branch: TokenBranch,
  outputs: TokenOutputs,
  { maxNewTokens, temperature, seed, signal, onText }: WriteOptions,
): Promise<Written> {
  const sampling = samplingAt(temperature, seed);
  const random = seededRandom(seed);
  const decoder = new StreamingDecoder(model);
  const loops = new LoopDetector();
  const tokens: number[] = [];
  let text = '';
  let forwarded = 0;
  let endedBy: Written['endedBy'] = 'length';
  const give = (delta: string) => {
    text += delta;
    if (delta !== '') onText?.(delta);
  };
  while (tokens.length < maxNewTokens) {
    const token = sampleToken(outputs.logits, sampling, tokens, random);
    if (model.endTokens.has(token)) {
      endedBy = 'end';
      break;
    }
    tokens.push(token);
    give(decoder.push(token));
    if (loops.push(token)) {
      endedBy = 'loop';
      break;
    }
    if (tokens.length === maxNewTokens) break;
    outputs = await branch.append([token], signal);
    forwarded += outputs.forwarded;
  }
  give(decoder.flush());
  return { text, tokens: tokens.length, forwarded, endedBy };
}

const samplingAt = (temperature: number, seed: number): Sampling => ({
  temperature,
  topK: 0,
  topP: temperature === 0 ? 1 : 0.95,
  minP: 0,
  repetitionPenalty: 1,
  seed,
});
