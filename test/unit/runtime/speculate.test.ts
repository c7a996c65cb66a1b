/** Guesses never change what is written; they come from the text so far, and cease where they do not pay. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Engine } from '../../../server/runtime/engine/engine.ts';
import { generate } from '../../../server/runtime/generate.ts';
import { GREEDY } from '../../../server/runtime/language-model.ts';
import { openCheckpoint } from '../../../server/runtime/checkpoint.ts';
import { sampleToken } from '../../../server/runtime/sampling.ts';
import { DecoderSession } from '../../../server/runtime/session.ts';
import { PromptLookup, Speculation } from '../../../server/runtime/speculate.ts';
import { checkpointDirectory, golden } from './fixtures.ts';

describe('PromptLookup', () => {
  it('guesses what followed the longest known ending, at its latest occurrence', () => {
    expect(new PromptLookup([1, 2, 7, 8, 1, 2]).guess(3)).toEqual([7, 8, 1]);
    expect(new PromptLookup([1, 2, 7, 3, 1, 2, 8, 1, 2]).guess(1)).toEqual([8]);
    expect(new PromptLookup([5, 1, 2, 7, 6, 1, 2, 8, 5, 1, 2]).guess(1)).toEqual([7]);
    expect(new PromptLookup([1, 2, 3, 4, 2]).guess(4)).toEqual([]);
    expect(new PromptLookup([1, 1, 1]).guess(4)).toEqual([1]);
    expect(new PromptLookup([]).guess(4)).toEqual([]);
  });
});

/** A branch of a model that answers after any text with the text itself, and is told apart by it. */
class ScriptedBranch {
  readonly text: number[];
  forwards = 0;
  rows = 0;

  constructor(prompt: number[]) {
    this.text = [...prompt];
  }

  append = (contents: readonly (number | Float32Array)[]) => {
    this.forwards++;
    const rows = contents.map((token) => {
      this.rows++;
      this.text.push(token as number);
      return [this.text.length, ...this.text.slice(-3)];
    });
    const width = 4;
    const logits = new Float32Array(rows.length * width);
    for (const [row, values] of rows.entries()) logits.set(values, row * width);
    return Promise.resolve({ logits, hidden: new Float32Array(), reused: 0 });
  };

  stepBack = (count: number) => void this.text.splice(this.text.length - count, count);
}

/** Writes `answer` after `prompt`; returns the logits after each token. */
async function write(branch: ScriptedBranch, prompt: number[], answer: number[]): Promise<number[][]> {
  const speculation = new Speculation(branch, prompt, answer.length);
  const logits: number[][] = [];
  for (const token of answer.slice(0, -1)) logits.push([...(await speculation.after([token]))]);
  return logits;
}

describe('Speculation', () => {
  const tokens = fc.array(fc.nat(2), { minLength: 3, maxLength: 80, size: 'max' });

  it('returns the logits after exactly the tokens written, whatever was guessed', () =>
    fc.assert(
      fc.asyncProperty(tokens, tokens, async (prompt, answer) => {
        const branch = new ScriptedBranch(prompt);
        const logits = await write(branch, prompt, answer);
        for (const [index, row] of logits.entries()) {
          const text = [...prompt, ...answer.slice(0, index + 1)];
          expect(row).toEqual([text.length, ...text.slice(-3)]);
        }
      }),
    ));

  it('saves most forwards where the answer quotes the prompt', async () => {
    const prompt = Array.from({ length: 100 }, (_, index) => index);
    const branch = new ScriptedBranch(prompt);
    await write(branch, prompt, prompt.slice(20, 90));
    expect(branch.forwards).toBeLessThan(20);
  });

  it('ceases where guesses are wrong, and costs little', async () => {
    // Each pair of tokens comes again and again, never with the same one after it.
    const prompt = [1, 2];
    const answer = Array.from({ length: 100 }, (_, index) => [100 + index, 1, 2]).flat();
    const branch = new ScriptedBranch(prompt);
    await write(branch, prompt, answer);
    expect(branch.forwards).toBe(answer.length - 1);
    expect(branch.rows).toBeLessThan(1.15 * answer.length);
  });

  it('tries again after a rest', async () => {
    const wrong = Array.from({ length: 30 }, (_, index) => [100 + index, 1, 2]).flat();
    const right = Array.from({ length: 40 }, () => [5, 6, 7, 8]).flat();
    const branch = new ScriptedBranch([1, 2]);
    await write(branch, [1, 2], [...wrong, ...right]);
    expect(branch.forwards).toBeLessThan(wrong.length + right.length / 2);
  });
});

describe.each(['qwen3-sharded', 'llama3-gqa'] as const)('on %s', async (name) => {
  const { spec, weights, tokenizer } = await openCheckpoint(checkpointDirectory(name));
  const session = await DecoderSession.create(spec, weights, { threads: 1 });
  const prompt = (await golden(name)).prompt;
  afterAll(() => session.dispose());

  it.each([1, 1.3])('writes what plain greedy decoding writes, repetition penalty %d', async (penalty) => {
    const sampling = { ...GREEDY, repetitionPenalty: penalty };
    const count = 96;
    const repetitive = [...prompt, ...prompt, ...prompt];
    const plain = await new Engine(session).open({ positions: 0, priority: 'panel' });
    const expected: number[] = [];
    let { logits } = await plain.append(repetitive);
    while (expected.length < count) {
      expected.push(sampleToken(logits, sampling, [...repetitive, ...expected], () => 0));
      ({ logits } = await plain.append(expected.slice(-1)));
    }
    const context = {
      engine: new Engine(session),
      tokenizer,
      endTokens: new Set<number>(),
      contextLength: 512,
    };
    const request = { prompt: { kind: 'parts' as const, parts: [] }, sampling, stop: [], topLogprobs: 0 };
    const { steps } = await generate(context, repetitive, { ...request, maxNewTokens: count });
    expect(steps.map(({ token }) => token)).toEqual(expected);
    expect(context.engine.stats.pinnedPositions).toBe(0);
  });
});
