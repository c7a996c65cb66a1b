/**
 * Multifurcation search (Saffron-1, arXiv 2506.06444): a beam search whose reward model gives the rewards of all next
 * tokens of a sequence in one call. Per step: the policy's nucleus after each live node, the rewards of its tokens,
 * and of all (node, token) pairs the `budget` with the highest rewards.
 *
 * It differs from the reference in one point, unless `order` is 'reference'. There the end tokens are among the unseen
 * ones, so an end is taken only where nothing else is left, all finished nodes score the same −1024, and the first of
 * them wins. By default an unseen end token explores nothing: its reward is that of the sequence it ends, and the
 * completions are ranked by the mean reward along their path, finished ones first.
 */
import type { SearchNode } from '../../protocol/completion.ts';
import type { TokenModel } from '../../runtime/token-model.ts';
import {
  type Completion,
  type CompletionHooks,
  type CompletionMethod,
  type CompletionRequest,
  type CompletionResult,
  forbiddenAt,
  isStop,
  sumCounters,
} from '../method.ts';
import { type Paths, settled } from '../paths.ts';
import { withPaths } from './resources.ts';
import type { NextTokenRewardModel, NextTokenRewards, NextTokenRewardSource } from '../rewards/rewards.ts';
import { type LikelyToken, nucleus } from './nucleus.ts';
import { SearchTree } from './tree.ts';

export interface MultifurcationSettings {
  /** Nodes in the beam. */
  budget: number;
  /** A token is a candidate while the probability of likelier ones is below. */
  topP: number;
  order: 'path' | 'reference';
}

/** The reference's. */
export const DEFAULT_SETTINGS: MultifurcationSettings = { budget: 16, topP: 0.8, order: 'path' };

/** The reference's limits of a completion. */
export const DEFAULT_LIMITS = { maxNewTokens: 50, minNewTokens: 16 };

/**
 * The method over a policy and rewards: with `multifurcationRewards` Saffron-1's search, with `perCandidate` the same
 * beam search with a process reward model.
 */
export function rewardSearch(
  name: string,
  policy: TokenModel,
  source: NextTokenRewardSource,
  settings: Partial<MultifurcationSettings> = {},
): CompletionMethod {
  const complete = { ...DEFAULT_SETTINGS, ...settings };
  return {
    name,
    complete: (request, hooks = {}) =>
      withPaths(policy, request, hooks, complete.budget, source, (paths, rewards) =>
        new MultifurcationSearch(policy, paths, rewards, complete, request, hooks).run(),
      ),
  };
}

/** A node of the beam, and what it ranks by. */
interface Beam {
  node: SearchNode;
  /** Sum and number of the rewards along the path; an unseen end token's is not among them. */
  sum: number;
  count: number;
}

class MultifurcationSearch {
  private readonly tree = new SearchTree();
  private readonly policy: TokenModel;
  private readonly paths: Paths;
  private readonly rewards: NextTokenRewardModel;
  private readonly settings: MultifurcationSettings;
  private readonly request: CompletionRequest;
  private readonly hooks: CompletionHooks;
  private readonly started = performance.now();
  private candidates = 0;
  private live: Beam[] = [{ node: this.tree.root, sum: 0, count: 0 }];
  private finished: Beam[] = [];

  constructor(
    policy: TokenModel,
    paths: Paths,
    rewards: NextTokenRewardModel,
    settings: MultifurcationSettings,
    request: CompletionRequest,
    hooks: CompletionHooks,
  ) {
    this.policy = policy;
    this.paths = paths;
    this.rewards = rewards;
    this.settings = settings;
    this.request = request;
    this.hooks = hooks;
  }

  async run(): Promise<CompletionResult> {
    const isStopped = await this.grow();
    const completions = this.ranked().map((beam) => this.completion(beam));
    return { completions, tree: this.tree.nodes, counters: this.counters, isStopped };
  }

  /** Step after step. @returns whether it was stopped; what the last step had not finished is not in the tree. */
  private async grow(): Promise<boolean> {
    try {
      for (let step = 0; step < this.request.maxNewTokens && this.live.length > 0; step++) {
        const candidates = await this.expandAll(step);
        if (candidates.length === 0) break;
        this.candidates += candidates.length;
        this.select(candidates);
        this.report(step);
      }
      return false;
    } catch (error) {
      if (this.tree.isEmpty || !isStop(error, this.hooks)) throw error;
      return true;
    }
  }

  private async expandAll(step: number): Promise<Beam[]> {
    const outputs = this.live.map(({ node }) => this.tree.tokens(node));
    const forbidden = forbiddenAt(step, this.request, this.policy);
    const likely = this.paths
      .logits(outputs)
      .then((rows) => rows.map((row) => nucleus(row, this.settings.topP, forbidden)));
    const tokens = async () => (await likely).map((list) => list.map(({ token }) => token));
    const [lists, rewards] = await settled([likely, this.rewards.after(outputs, tokens)]);
    return this.live.flatMap((beam, index) => this.expand(beam, lists[index]!, rewards[index]!));
  }

  /** The likely next tokens of a live node, as nodes that are not in the beam yet. */
  private expand(
    { node: parent, sum, count }: Beam,
    likely: readonly LikelyToken[],
    rewards: NextTokenRewards,
  ): Beam[] {
    return likely.map(({ token, probability }) => {
      const { reward: own, isUnseen } = rewards(token);
      const endsUnseen = isUnseen && this.isEnd(token) && this.settings.order === 'path' && count > 0;
      const reward = endsUnseen ? parent.reward : own;
      const text = this.policy.tokenText(token);
      const state = isUnseen && !endsUnseen ? 'unseen' : 'pruned';
      const node = this.tree.add(parent, { token, text, probability, reward, state });
      return endsUnseen ? { node, sum, count } : { node, sum: sum + reward, count: count + 1 };
    });
  }

  /** The best `budget` candidates join the finished nodes, which keep their places; ties go to the first. */
  private select(candidates: readonly Beam[]): void {
    const { budget } = this.settings;
    const best = candidates.toSorted((a, b) => b.node.reward - a.node.reward).slice(0, budget);
    const beam = [...this.finished, ...best].sort((a, b) => this.storedReward(b) - this.storedReward(a));
    const kept = beam.slice(0, budget);
    for (const { node } of beam.slice(budget)) this.tree.setState(node, 'pruned');
    for (const { node } of kept) this.tree.setState(node, this.isEnd(node.token) ? 'finished' : 'kept');
    this.finished = kept.filter(({ node }) => this.isEnd(node.token));
    this.live = kept.filter(({ node }) => !this.isEnd(node.token));
  }

  /** What the beam is sorted by: unfinished nodes are below all finished ones, the last found ones first to go. */
  private storedReward(beam: Beam): number {
    if (!this.isEnd(beam.node.token)) return -Number.MAX_VALUE;
    return this.settings.order === 'reference' ? beam.node.reward : pathReward(beam);
  }

  private isEnd(token: number): boolean {
    return this.policy.endTokens.has(token);
  }

  private ranked(): Beam[] {
    if (this.settings.order === 'reference') return [...this.finished, ...this.live];
    return [...this.finished, ...this.live.toSorted((a, b) => pathReward(b) - pathReward(a))];
  }

  private completion(beam: Beam): Completion {
    const { node } = beam;
    const isFinished = this.isEnd(node.token);
    const path = this.tree.tokens(node);
    const tokens = isFinished ? path.slice(0, -1) : path;
    const reward = this.settings.order === 'reference' ? node.reward : pathReward(beam);
    return { tokens, text: this.policy.decode(tokens), reward, isFinished, node: node.id };
  }

  private report(step: number): void {
    this.hooks.onStep?.({
      step,
      ...this.tree.takeChanges(),
      live: this.live.map(({ node }) => node.id),
      counters: this.counters,
    });
  }

  private get counters() {
    const ms = performance.now() - this.started;
    return sumCounters(this.paths.counters, this.rewards.counters, this.candidates, ms);
  }
}

/** The mean reward along a path: it does not favour short completions, as a sum or a minimum would. */
const pathReward = ({ sum, count }: Beam): number => (count === 0 ? 0 : sum / count);
