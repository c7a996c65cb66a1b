/** The worker's side of TokenModel: the branches that its owner holds, by the owner's numbers. */
import type { TokenBranch, TokenModel, TokenOutputs } from '../token-model.ts';
import type { ToWorker } from './messages.ts';

type Message<Kind extends ToWorker['kind']> = Extract<ToWorker, { kind: Kind }>;

interface Held {
  branch: TokenBranch;
  /** Settled when nothing is appended to it. */
  idle: Promise<unknown>;
}

export class Branches {
  private readonly held = new Map<number, Held>();

  async open(
    model: TokenModel,
    { branch, positions, priority }: Message<'open'>,
    signal: AbortSignal,
  ): Promise<void> {
    this.hold(branch, await model.open({ positions, priority, signal }));
  }

  append({ branch: id, tokens }: Message<'append'>, signal: AbortSignal): Promise<TokenOutputs> {
    const held = this.held.get(id);
    if (held === undefined) throw new Error(`There is no branch ${id}.`);
    const outputs = held.branch.append(tokens, signal);
    held.idle = outputs.catch(() => undefined);
    return outputs;
  }

  fork({ branch, fork }: Message<'fork'>): void {
    const held = this.held.get(branch);
    if (held !== undefined) this.hold(fork, held.branch.fork());
  }

  /** Once what is being appended to it has ended. */
  release({ branch: id }: Message<'release'>): void {
    const held = this.held.get(id);
    this.held.delete(id);
    void held?.idle.then(() => held.branch.release());
  }

  private hold(id: number, branch: TokenBranch): void {
    this.held.set(id, { branch, idle: Promise.resolve() });
  }
}
