/** Generation through the LanguageModel interface: limits, ends, streaming, cancellation, probabilities. */
import { afterAll, describe, expect, it } from 'vitest';
import { loadLanguageModel } from '../../../server/runtime/load.ts';
import { checkpointDirectory, copyOf, editJson, expectVerityError, greedyRequest } from './fixtures.ts';

const CONTEXT = 512;
const model = await loadLanguageModel(checkpointDirectory('qwen3-sharded'), { threads: 1 });
afterAll(() => model.dispose());

const request = greedyRequest([{ text: 'function sum(a, b) {' }], { maxNewTokens: 24 });
const written = await model.generate(request);

describe('info', () => {
  it('says what was loaded', () => {
    expect(model.info).toMatchObject({
      id: 'qwen3-sharded',
      architecture: 'Qwen3ForCausalLM',
      vocabSize: 512,
      hiddenSize: 64,
      contextLength: CONTEXT,
      device: 'cpu',
      dtype: 'fp32',
    });
    expect(model.info.weightBytes).toBe(4 * model.info.parameters);
  });
});

describe('generate', () => {
  it('streams the text it returns', async () => {
    const deltas: string[] = [];
    const { text, steps } = await model.generate(request, { onText: (delta) => deltas.push(delta) });
    expect(deltas.length).toBeGreaterThan(1);
    expect(deltas.join('')).toBe(text);
    expect(steps).toHaveLength(24);
    expect(text).toBe(written.text);
  });

  it('ends before a stop string that begins within one token and ends within another', async () => {
    const at = Math.floor(written.text.length / 2);
    const stop = written.text.slice(at, at + 4);
    const { text, finishReason } = await model.generate({ ...request, stop: ['not in it', stop] });
    expect(finishReason).toBe('stop');
    expect(text).toBe(written.text.slice(0, written.text.indexOf(stop)));
  });

  it.each([['a number', (id: number) => id] as const, ['a list', (id: number) => [0, id]] as const])(
    'ends at an end token given as %s by generation_config.json',
    async (_, spell) => {
      const end = written.steps[5]!.token;
      const before = written.steps.findIndex(({ token }) => token === end);
      const directory = await copyOf('qwen3-sharded');
      await editJson(directory, 'generation_config.json', (json) => ({ ...json, eos_token_id: spell(end) }));
      const other = await loadLanguageModel(directory, { threads: 1 });
      const { steps, finishReason } = await other.generate(request);
      expect(finishReason).toBe('eos');
      expect(steps.map(({ token }) => token)).toEqual(
        written.steps.slice(0, before).map(({ token }) => token),
      );
      await other.dispose();
    },
  );

  it('refuses what does not fit the context before it computes anything', async () => {
    const text = 'a b '.repeat(200);
    const long = greedyRequest([{ text }], { maxNewTokens: 200 });
    const tokens = await model.countTokens(long.prompt);
    await expectVerityError(
      model.generate(long),
      'contextOverflow',
      new RegExp(`${tokens} tokens and 200 .* holds ${CONTEXT}\\. Judge a smaller piece`),
    );
  });

  it('refuses an empty prompt', () =>
    expectVerityError(model.generate(greedyRequest([])), 'badInput', /prompt is empty/));

  it('stops within one forward when cancelled, and the next request is right', async () => {
    const controller = new AbortController();
    let pieces = 0;
    const onText = () => {
      if (++pieces === 3) controller.abort(new Error('enough'));
    };
    const running = model.generate(request, { onText, signal: controller.signal });
    await expect(running).rejects.toThrow('enough');
    expect(pieces).toBe(3);
    expect((await model.generate(request)).text).toBe(written.text);
  });

  it('gives each of two requests at once its own answer', async () => {
    const other = greedyRequest([{ text: 'class Stack' }], { maxNewTokens: 12 });
    const alone = await model.generate(other);
    const [a, b] = await Promise.all([model.generate(request), model.generate(other)]);
    expect(a.text).toBe(written.text);
    expect(b.text).toBe(alone.text);
  });

  it('records log probabilities, best first, the chosen token among them', async () => {
    const { steps } = await model.generate({ ...request, maxNewTokens: 4, topLogprobs: 512 });
    for (const { token, logprob, top } of steps) {
      expect(top).toHaveLength(512);
      expect(top[0]).toMatchObject({ token, logprob });
      const mass = top.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0);
      expect(mass).toBeCloseTo(1, 4);
    }
  });

  it('samples the same text for the same seed and another for another', async () => {
    const sampling = { ...request.sampling, temperature: 2, topP: 0.95 };
    const draw = async (seed: number) =>
      (await model.generate({ ...request, sampling: { ...sampling, seed } })).text;
    expect(await draw(1)).toBe(await draw(1));
    expect(await draw(1)).not.toBe(await draw(2));
  });

  it('answers a conversation with a prefill', async () => {
    const prompt = {
      kind: 'chat' as const,
      messages: [{ role: 'user' as const, content: 'Hi' }],
      prefill: 'A',
    };
    const { promptTokens } = await model.generate({ ...request, prompt, maxNewTokens: 2 });
    expect(promptTokens).toBe(await model.countTokens(prompt));
  });
});

describe('evaluate', () => {
  it.each([[[]], [[512]], [[-1]], [[0.5]]])('refuses the tokens %j', (tokens) =>
    expectVerityError(model.evaluate(tokens), 'badInput', /token ids/),
  );

  it('refuses more tokens than the context holds', () =>
    expectVerityError(model.evaluate(Array<number>(CONTEXT + 1).fill(1)), 'contextOverflow', /513 .* 512/));
});

describe('dispose', () => {
  it('may be called twice', async () => {
    const other = await loadLanguageModel(checkpointDirectory('qwen3-sharded'), { threads: 1 });
    await other.dispose();
    await expect(other.dispose()).resolves.toBeUndefined();
  });
});
