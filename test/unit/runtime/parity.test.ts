/** Logits, hidden states and greedy generations against PyTorch (float32), for one checkpoint of each kind. */
import { afterAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../server/runtime/checkpoint.ts';
import { Engine } from '../../../server/runtime/engine/engine.ts';
import { generate } from '../../../server/runtime/generate.ts';
import { GREEDY } from '../../../server/runtime/language-model.ts';
import { DecoderSession } from '../../../server/runtime/session.ts';
import { CHECKPOINTS, checkpointDirectory, golden, goldenTensors, relativeError } from './fixtures.ts';

const TOLERANCE = 1e-4;
const REQUEST = { positions: 256, priority: 'panel' as const };

describe.each(CHECKPOINTS)('%s', async (name) => {
  const checkpoint = await openCheckpoint(checkpointDirectory(name));
  const session = await DecoderSession.create(checkpoint.spec, checkpoint.weights, { threads: 1 });
  const { prompt, greedy } = await golden(name);
  const reference = await goldenTensors(name);
  afterAll(() => session.dispose());

  it('computes the logits and hidden states of a prompt', async () => {
    const branch = await new Engine(session).open(REQUEST);
    const { logits, hidden } = await branch.append(prompt, { rows: 'all' });
    const errors = [
      relativeError(logits, reference.prefill_logits),
      relativeError(hidden, reference.prefill_hidden),
    ];
    console.log(
      `${name}: prefill logits ${errors[0]!.toExponential(1)}, hidden ${errors[1]!.toExponential(1)}`,
    );
    expect(Math.max(...errors)).toBeLessThan(TOLERANCE);
  });

  it('computes the logits of each decoding step on the cache', async () => {
    const engine = new Engine(session);
    const branch = await engine.open(REQUEST);
    await branch.append(prompt);
    const vocab = checkpoint.spec.vocabSize;
    const steps = reference.decode_logits.length / vocab;
    const logits = new Float32Array(steps * vocab);
    for (let step = 0; step < steps; step++)
      logits.set((await branch.append([greedy[step]!])).logits, step * vocab);
    const error = relativeError(logits, reference.decode_logits);
    console.log(`${name}: decode logits ${error.toExponential(1)}`);
    expect(error).toBeLessThan(TOLERANCE);
    expect(engine.stats.forwardedTokens).toBe(prompt.length + steps);
  });

  it('generates the same 64 tokens', async () => {
    const { tokenizer, endTokens } = checkpoint;
    const context = { engine: new Engine(session), tokenizer, endTokens, contextLength: 512 };
    const request = {
      prompt: { kind: 'parts' as const, parts: [] },
      maxNewTokens: greedy.length,
      sampling: GREEDY,
      stop: [],
      topLogprobs: 0,
    };
    const { steps, finishReason } = await generate(context, prompt, request);
    expect(steps.map(({ token }) => token)).toEqual(greedy);
    expect(finishReason).toBe('length');
  });
});
