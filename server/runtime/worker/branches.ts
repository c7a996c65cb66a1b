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

  append({ branch: id, inputs }: Message<'append'>, signal: AbortSignal): Promise<TokenOutputs> {
    const held = this.find(id);
    const outputs = held.branch.append(inputs, signal);
    held.idle = outputs.catch(() => undefined);
    return outputs;
  }

  splice({ branch, source, from, until }: Message<'splice'>): Promise<void> {
    return this.find(branch).branch.splice(this.find(source).branch, from, until);
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

  private find(id: number): Held {
    const held = this.held.get(id);
    if (held === undefined) throw new Error(`There is no branch ${id}.`);
    return held;
  }

  private hold(id: number, branch: TokenBranch): void {
    this.held.set(id, { branch, idle: Promise.resolve() });
  }
}
