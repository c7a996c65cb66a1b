/** An agent's latent steps: the last hidden state, realigned, goes on as the next input, and nothing is written. */
import type { LatentStep } from '../protocol/solution.ts';
import type { TokenBranch, TokenModel, TokenOutputs } from '../runtime/token-model.ts';
import { LatentGuard } from './guard.ts';
import { nearest } from './lens.ts';

export interface ThinkOptions {
  role: string;
  steps: number;
  signal?: AbortSignal | undefined;
  onStep?: ((step: Omit<LatentStep, 'agent'>) => void) | undefined;
}

export interface Thoughts {
  /** What was fed back, in order; fewer than asked for where they collapsed. */
  vectors: Float32Array[];
  collapsed: boolean;
}

/**
 * Thinks on a branch whose last outputs are given; it then holds one position more per vector.
 * @throws VerityError badModel for vectors that cannot be thought on with; the signal's reason, within one forward.
 */
export async function think(
  model: TokenModel,
  branch: TokenBranch,
  outputs: TokenOutputs,
  { role, steps, signal, onStep }: ThinkOptions,
): Promise<Thoughts> {
  const guard = new LatentGuard(role);
  const vectors: Float32Array[] = [];
  for (let step = 0; step < steps; step++) {
    const { norm, entropy } = guard.check(outputs, step);
    if (guard.hasCollapsed) return { vectors, collapsed: true };
    onStep?.({ step, norm, entropy, nearest: nearest(model, outputs.logits) });
    const vector = await model.realign(outputs.hidden, signal);
    outputs = await branch.append([vector], signal);
    vectors.push(vector);
  }
  return { vectors, collapsed: false };
}
