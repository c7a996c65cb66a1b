/** The decoder on WebGPU, through a software driver, against PyTorch; each checkpoint in a process of its own. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, describe, expect, it } from 'vitest';
import { CHECKPOINTS, checkpointDirectory, golden, goldenTensors, relativeError } from '../fixtures.ts';
import { bundle } from './bundle.ts';
import type { ParityOutput } from './parity-child.ts';
import { swiftShader } from './swiftshader.ts';

const TOLERANCE = 1e-4;

describe('WebGPU', async () => {
  const child = await bundle('test/unit/runtime/devices/parity-child.ts');
  afterAll(() => child.remove());

  it.each(CHECKPOINTS)('computes what PyTorch does: %s', { timeout: 300_000 }, async (name) => {
    const { prompt, greedy } = await golden(name);
    const reference = await goldenTensors(name);
    const steps = 16;
    const request = JSON.stringify({ prompt, greedy, steps });
    const { logits, hidden, decoded, bytesMoved } = await answer([checkpointDirectory(name), request]);
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

  /** What the child sends. @throws if it ends before that. */
  async function answer(args: string[]): Promise<ParityOutput> {
    const running = fork(child.file, args, { execArgv: [], env: swiftShader(), serialization: 'advanced' });
    const ended = once(running, 'exit').then(([code, signal]: (number | string | null)[]) => {
      throw new Error(`The process ended without an answer (${signal ?? `exit code ${code}`}).`);
    });
    ended.catch(() => undefined);
    const [output] = (await Promise.race([once(running, 'message'), ended])) as [ParityOutput];
    return output;
  }
});
