/** The decoder on WebGPU, through a software driver, against PyTorch; each checkpoint in a process of its own. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../../server/runtime/checkpoint.ts';
import { Engine } from '../../../../server/runtime/engine/engine.ts';
import { openQuantized } from '../../../../server/runtime/quantize/cache.ts';
import type { Quantization } from '../../../../server/runtime/quantize/options.ts';
import { DecoderSession } from '../../../../server/runtime/session.ts';
import { temporaryDirectory } from '../quantize/reference.ts';
import { CHECKPOINTS, checkpointDirectory, golden, goldenTensors, relativeError } from '../fixtures.ts';
import { bundle } from './bundle.ts';
import type { ParityOutput, ParityRequest } from './parity-child.ts';
import { swiftShader } from './swiftshader.ts';

const TOLERANCE = 1e-4;

describe('WebGPU', async () => {
  const child = await bundle('test/unit/runtime/devices/parity-child.ts');
  afterAll(() => child.remove());

  it.each(CHECKPOINTS)('computes what PyTorch does: %s', { timeout: 300_000 }, async (name) => {
    const { prompt, greedy } = await golden(name);
    const reference = await goldenTensors(name);
    const steps = 16;
    const { logits, hidden, decoded, bytesMoved } = await answer(name, { prompt, greedy, steps });
    const errors = {
      logits: relativeError(logits, reference.prefill_logits),
      hidden: relativeError(hidden, reference.prefill_hidden),
      decoded: relativeError(decoded, reference.decode_logits),
    };
    const shown = Object.entries(errors).map(([key, error]) => `${key} ${error.toExponential(1)}`);
    console.log(`${name} on WebGPU: ${shown.join(', ')}`);
    expect(Math.max(...Object.values(errors))).toBeLessThan(TOLERANCE);
    expect(bytesMoved).toBeGreaterThan(0);
  });

  // With integer activations (level 4) each device rounds them in its own way and the fixtures' random weights magnify
  // that to some 4 %, on both sides of the exact product; without, the codes and scales alone decide.
  it.each([4, 8] as const)(
    'computes what the CPU does with weights of %d bits',
    { timeout: 300_000 },
    async (bits) => {
      const name = 'llama3-gqa';
      const { prompt, greedy } = await golden(name);
      const cache = await temporaryDirectory();
      const layers = { bits, blockSize: 32, symmetric: true };
      const quantization: Quantization = { layers, embeddings: { ...layers, bits: 8 }, accuracyLevel: 0 };
      const request = { prompt, greedy, steps: 2, quantized: { quantization, cache } };
      const { logits, hidden } = await answer(name, request);
      const expected = await onCpu(name, quantization, cache, prompt);
      expect(relativeError(logits, expected.logits)).toBeLessThan(TOLERANCE);
      expect(relativeError(hidden, expected.hidden)).toBeLessThan(TOLERANCE);
    },
  );

  async function onCpu(
    name: (typeof CHECKPOINTS)[number],
    quantization: Quantization,
    cache: string,
    tokens: number[],
  ) {
    const checkpoint = await openCheckpoint(checkpointDirectory(name));
    const weights = await openQuantized(checkpoint, quantization, cache);
    const session = await DecoderSession.create(checkpoint.spec, weights, { threads: 1 });
    const engine = new Engine(session);
    const branch = await engine.open({ positions: tokens.length, priority: 'batch' });
    const outputs = await branch.append(tokens, { rows: 'all' });
    await engine.close();
    await session.dispose();
    return outputs;
  }

  /** What the child sends. @throws if it ends before that. */
  async function answer(name: (typeof CHECKPOINTS)[number], request: ParityRequest): Promise<ParityOutput> {
    const args = [checkpointDirectory(name), JSON.stringify(request)];
    const running = fork(child.file, args, { execArgv: [], env: swiftShader(), serialization: 'advanced' });
    const ended = once(running, 'exit').then(([code, signal]: (number | string | null)[]) => {
      throw new Error(`The process ended without an answer (${signal ?? `exit code ${code}`}).`);
    });
    ended.catch(() => undefined);
    const [output] = (await Promise.race([once(running, 'message'), ended])) as [ParityOutput];
    return output;
  }
});
