/** Completions that grow side by side, each by its own choice of tokens: all of them in one forward per token. */
import type { Sampling } from '../../runtime/language-model.ts';
import { sampleToken, seededRandom, softmax } from '../../runtime/sampling.ts';
import type { TokenModel } from '../../runtime/token-model.ts';
import {
  type Completion,
  type CompletionHooks,
  type CompletionRequest,
  type CompletionResult,
  forbiddenAt,
  isStop,
  sumCounters,
} from '../method.ts';
import type { PathCounters, Paths } from '../paths.ts';
import type { SearchNode } from '../../protocol/completion.ts';
import { SearchTree } from '../search/tree.ts';

/** How baselines draw tokens; the seed is the request's. */
export type Drawing = Pick<Sampling, 'temperature' | 'topP'>;

export const NO_REWARDS: PathCounters = { calls: 0, forwarded: 0, reused: 0 };

export class Rollouts {
  readonly tree = new SearchTree();
  private readonly policy: TokenModel;
  private readonly paths: Paths;
  private readonly rewards: PathCounters;
  private readonly request: CompletionRequest;
  private readonly hooks: CompletionHooks;
  private readonly sampling: Sampling;
  private readonly random: () => number;
  private readonly started = performance.now();
  private step = 0;
  /** Whether it was stopped: what there is by then is the result. */
  isStopped = false;

  constructor(
    policy: TokenModel,
    paths: Paths,
    request: CompletionRequest,
    hooks: CompletionHooks,
    drawing: Drawing,
    rewards: PathCounters = NO_REWARDS,
  ) {
    this.policy = policy;
    this.paths = paths;
    this.rewards = rewards;
    this.request = request;
    this.hooks = hooks;
    this.sampling = { ...drawing, topK: 0, minP: 0, repetitionPenalty: 1, seed: request.seed };
    this.random = seededRandom(request.seed);
  }

  isEnd({ token }: SearchNode): boolean {
    return this.policy.endTokens.has(token);
  }

  /** Up to `steps` more tokens for each; a node may be given several times. What has ended stays as it is. */
  async advance(nodes: readonly SearchNode[], steps: number): Promise<SearchNode[]> {
    let tips = [...nodes];
    try {
      for (let step = 0; step < steps && tips.some((node) => !this.isEnd(node)); step++) {
        tips = await this.advanceOnce(tips);
        this.report(tips);
      }
    } catch (error) {
      if (this.tree.isEmpty || !isStop(error, this.hooks)) throw error;
      this.isStopped = true;
    }
    return tips;
  }

  private async advanceOnce(tips: readonly SearchNode[]): Promise<SearchNode[]> {
    const open = tips.filter((node) => !this.isEnd(node));
    const rows = await this.paths.logits(open.map((node) => this.tree.tokens(node)));
    const next = open.map((node, index) => this.extend(node, rows[index]!));
    let taken = 0;
    return tips.map((node) => (this.isEnd(node) ? node : next[taken++]!));
  }

  private extend(parent: SearchNode, logits: Float32Array): SearchNode {
    const row = logits.slice();
    for (const token of forbiddenAt(parent.depth, this.request, this.policy)) row[token] = -Infinity;
    const token = sampleToken(row, this.sampling, [], this.random);
    const text = this.policy.tokenText(token);
    const state = this.policy.endTokens.has(token) ? 'finished' : 'kept';
    return this.tree.add(parent, { token, text, probability: softmax(row)[token]!, reward: 0, state });
  }

  private report(tips: readonly SearchNode[]): void {
    const live = tips.filter((node) => !this.isEnd(node)).map(({ id }) => id);
    const { counters } = this;
    this.hooks.onStep?.({ step: this.step++, ...this.tree.takeChanges(), live, counters });
  }

  private get counters() {
    return sumCounters(
      this.paths.counters,
      this.rewards,
      this.rewards.calls,
      performance.now() - this.started,
    );
  }

  /** Tips as completions, in their order. */
  result(tips: readonly SearchNode[], isRewarded: boolean): CompletionResult {
    const completions = tips.map((node): Completion => {
      const path = this.tree.tokens(node);
      const isFinished = this.isEnd(node);
      const tokens = isFinished ? path.slice(0, -1) : path;
      const reward = isRewarded ? node.reward : undefined;
      return { tokens, text: this.policy.decode(tokens), reward, isFinished, node: node.id };
    });
    return { completions, tree: this.tree.nodes, counters: this.counters, isStopped: this.isStopped };
  }
}
