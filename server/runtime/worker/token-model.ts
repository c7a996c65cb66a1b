/** The owner's side of TokenModel: text is read here, positions are evaluated in the worker. */
import { z } from 'zod';
import type { Vocabulary } from '../checkpoint.ts';
import type { ModelInfo } from '../language-model.ts';
import {
  type Input,
  type OpenOptions,
  type TokenBranch,
  type TokenOutputs,
  VocabularyTokenModel,
} from '../token-model.ts';
import { OutputsMessage, type ToWorker, VectorMessage, type WorkerRequest } from './messages.ts';

export type WithoutId<Message> = Message extends { id: number } ? Omit<Message, 'id'> : never;

const NOTHING = z.undefined();

/** How the owner speaks to the worker. */
export interface WorkerChannel {
  ask<Schema extends z.ZodType>(
    request: WithoutId<WorkerRequest>,
    schema: Schema,
    hooks: { signal?: AbortSignal | undefined },
  ): Promise<z.output<Schema>>;
  post(message: ToWorker): void;
  /** A number that no other branch has. */
  newBranch(): number;
}

export class WorkerTokenModel extends VocabularyTokenModel {
  private readonly channel: WorkerChannel;

  constructor(channel: WorkerChannel, vocabulary: Vocabulary, info: ModelInfo) {
    super(vocabulary, info);
    this.channel = channel;
  }

  async open({ positions, priority = 'panel', signal }: OpenOptions): Promise<TokenBranch> {
    const branch = this.channel.newBranch();
    await this.channel.ask({ kind: 'open', branch, positions, priority }, NOTHING, { signal });
    return new WorkerTokenBranch(this.channel, branch);
  }

  realign(hidden: Float32Array, signal?: AbortSignal): Promise<Float32Array> {
    return this.channel.ask({ kind: 'realign', hidden }, VectorMessage, { signal });
  }
}

class WorkerTokenBranch implements TokenBranch {
  private readonly channel: WorkerChannel;
  private readonly branch: number;
  private isReleased = false;

  constructor(channel: WorkerChannel, branch: number) {
    this.channel = channel;
    this.branch = branch;
  }

  async append(inputs: readonly Input[], signal?: AbortSignal): Promise<TokenOutputs> {
    this.refuseReleased();
    const { branch } = this;
    return this.channel.ask({ kind: 'append', branch, inputs: [...inputs] }, OutputsMessage, { signal });
  }

  async splice(source: TokenBranch, from: number, until: number): Promise<void> {
    this.refuseReleased();
    if (!(source instanceof WorkerTokenBranch) || source.channel !== this.channel)
      throw new Error('The branch belongs to another model.');
    const { channel, branch } = this;
    await channel.ask({ kind: 'splice', branch, source: source.branch, from, until }, NOTHING, {});
  }

  fork(): TokenBranch {
    this.refuseReleased();
    const fork = this.channel.newBranch();
    this.channel.post({ kind: 'fork', branch: this.branch, fork });
    return new WorkerTokenBranch(this.channel, fork);
  }

  release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    this.channel.post({ kind: 'release', branch: this.branch });
  }

  private refuseReleased(): void {
    if (this.isReleased) throw new Error('The branch is released; fork it first.');
  }
}
