/**
 * Evaluates a prompt and tokens after it on WebGPU and sends the outputs. In a process of its own, because a driver can
 * end it. Arguments: checkpoint directory, JSON of {prompt, greedy, steps}.
 */
import { openCheckpoint } from '../../../../server/runtime/checkpoint.ts';
import { Engine } from '../../../../server/runtime/engine/engine.ts';
import { DecoderSession } from '../../../../server/runtime/session.ts';

export interface ParityOutput {
  logits: Float32Array;
  hidden: Float32Array;
  decoded: Float32Array;
  bytesMoved: number;
}

const [directory = '', request = ''] = process.argv.slice(2);
const { prompt, greedy, steps } = JSON.parse(request) as {
  prompt: number[];
  greedy: number[];
  steps: number;
};

const checkpoint = await openCheckpoint(directory);
// The session refuses a graph of which a node would fall back to the CPU.
const session = await DecoderSession.create(checkpoint.spec, checkpoint.weights, { device: 'webgpu' });
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
