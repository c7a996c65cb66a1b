/** Watches a chain of latent steps: vectors that are no numbers or have lost all meaning are not thought on with. */
import { VerityError } from '../runtime/errors.ts';
import { norm } from '../runtime/realign/realignment.ts';
import type { TokenOutputs } from '../runtime/token-model.ts';
import { entropyOf } from './lens.ts';

/** A hidden state smaller than this has no direction. */
const VANISHED = 1e-6;

/** Final norms keep hidden states of one size; a growth beyond this is no thought. */
const EXPLODED = 1e4;

/** Collapsed: the head reads one token with certainty, in steps that point the same way, so many times in a row. */
const CERTAIN_NATS = 1e-3;
const SAME_COSINE = 0.99999;
const COLLAPSED_STEPS = 8;

export class LatentGuard {
  private readonly role: string;
  private first: number | undefined;
  private before: Float32Array | undefined;
  private repeated = 0;

  constructor(role: string) {
    this.role = role;
  }

  /** Every further step would only repeat the last ones. */
  get hasCollapsed(): boolean {
    return this.repeated >= COLLAPSED_STEPS;
  }

  /**
   * Looks at a hidden state before it is thought on with.
   * @throws VerityError badModel if it cannot be.
   */
  check({ hidden, logits }: Pick<TokenOutputs, 'hidden' | 'logits'>, step: number) {
    const size = norm(hidden);
    const entropy = entropyOf(logits);
    this.first ??= size;
    if (!Number.isFinite(size) || !Number.isFinite(entropy)) this.refuse(step, 'are no numbers');
    if (size < VANISHED) this.refuse(step, 'have vanished');
    if (size > EXPLODED * this.first) this.refuse(step, 'grow without bound');
    const repeats =
      entropy < CERTAIN_NATS && this.before !== undefined && cosine(hidden, this.before) > SAME_COSINE;
    this.repeated = repeats ? this.repeated + 1 : 0;
    this.before = hidden.slice();
    return { norm: size, entropy };
  }

  private refuse(step: number, what: string): never {
    throw new VerityError(
      'badModel',
      `The ${this.role}'s latent vectors ${what} at step ${step + 1}: this model cannot think in latent space. ` +
        'Use the text team or the single model, or another checkpoint.',
    );
  }
}

function cosine(a: Float32Array, b: Float32Array): number {
  let product = 0;
  for (let i = 0; i < a.length; i++) product += a[i]! * b[i]!;
  return product / (norm(a) * norm(b));
}
