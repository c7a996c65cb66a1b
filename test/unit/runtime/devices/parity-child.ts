/**
 * Evaluates a prompt and tokens after it on WebGPU and sends the outputs. In a process of its own, because a driver can
 * end it. Arguments: checkpoint directory, JSON of a ParityRequest.
 */
import { openCheckpoint } from '../../../../server/runtime/checkpoint.ts';
import { Engine } from '../../../../server/runtime/engine/engine.ts';
import { openQuantized } from '../../../../server/runtime/quantize/cache.ts';
import type { Quantization } from '../../../../server/runtime/quantize/options.ts';
import { DecoderSession } from '../../../../server/runtime/session.ts';

export interface ParityRequest {
  prompt: number[];
  greedy: number[];
  steps: number;
  /** How the weights are held, and where the quantized copy is; float32 without it. */
  quantized?: { quantization: Quantization; cache: string };
}

export interface ParityOutput {
  logits: Float32Array;
  hidden: Float32Array;
  decoded: Float32Array;
  bytesMoved: number;
}

const [directory = '', request = ''] = process.argv.slice(2);
const { prompt, greedy, steps, quantized } = JSON.parse(request) as ParityRequest;

const checkpoint = await openCheckpoint(directory);
// The session refuses a graph of which a node would fall back to the CPU.
const weights = quantized
  ? await openQuantized(checkpoint, quantized.quantization, quantized.cache)
  : checkpoint.weights;
const session = await DecoderSession.create(checkpoint.spec, weights, { device: 'webgpu' });
// Software Vulkan is right up to 31 positions in a forward only (see devices/trial.ts).
const engine = new Engine(session, { chunk: 31 });
const open = () => engine.open({ positions: 256, priority: 'panel' });

// Another sequence comes first and is evicted halfway, so that the other's slots move to its place.
const other = await open();
await other.append(greedy);
const branch = await open();
const { logits, hidden } = await branch.append(prompt, { rows: 'all' });
const decoded = new Float32Array(steps * checkpoint.spec.vocabSize);
for (let step = 0; step < steps; step++) {
  if (step === steps / 2) {
    other.release();
    await engine.evict(0);
  }
  decoded.set((await branch.append([greedy[step]!])).logits, step * checkpoint.spec.vocabSize);
}
branch.release();
await engine.evict(0);
const output: ParityOutput = { logits, hidden, decoded, bytesMoved: engine.stats.bytesMoved };
process.send?.(output, () => process.exit(0));
