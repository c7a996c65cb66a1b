/** What a search has to say beside its completions: what it avoided, and why it shows nothing. */
import type { AvoidedContinuation, SearchNode } from '../protocol/completion.ts';
import type { TokenModel } from '../runtime/token-model.ts';
import type { Completion, CompletionResult } from './method.ts';

/** Less likely tokens are no surprise when they are missing. */
const LIKELY = 0.05;

const MOST = 5;

/** Characters of a continuation that a sentence quotes. */
const QUOTED = 60;

/** The search's own figures, read back from its tree. */
export class Findings {
  private readonly policy: TokenModel;
  private readonly result: CompletionResult;
  private readonly threshold: number;
  /** The likeliest child of each node that has one. */
  private readonly next = new Map<number, SearchNode>();

  /** @param threshold Rewards below it speak against a token, and against a completion. */
  constructor(policy: TokenModel, result: CompletionResult, threshold: number) {
    this.policy = policy;
    this.result = result;
    this.threshold = threshold;
    for (const node of result.tree) {
      if (node.parent === undefined) continue;
      const known = this.next.get(node.parent);
      if (known === undefined || node.probability > known.probability) this.next.set(node.parent, node);
    }
  }

  /** Whether the best completion is not safe enough; one without a reward was not judged. */
  get isRefused(): boolean {
    const reward = this.result.completions[0]?.reward;
    return reward !== undefined && reward < this.threshold;
  }

  /**
   * Tokens that were likely where a found completion took another, and whose rewards are below the threshold; of a
   * refused search its likeliest completion too. The likeliest first.
   */
  get avoided(): AvoidedContinuation[] {
    const { completions, tree } = this.result;
    const taken = new Set([
      0,
      ...completions.flatMap(({ node }) => this.path(tree[node]!).map(({ id }) => id)),
    ]);
    const against = tree.filter(
      ({ state, parent, probability, reward }) =>
        state === 'pruned' && taken.has(parent!) && probability >= LIKELY && reward < this.threshold,
    );
    return [...(this.isRefused ? [this.likeliest] : []), ...against]
      .toSorted((a, b) => b.probability - a.probability)
      .slice(0, MOST)
      .map((node) => this.continuation(node));
  }

  /** One sentence that names what is not shown. */
  get refusal(): string | undefined {
    if (!this.isRefused) return undefined;
    const { text } = this.continuation(this.likeliest);
    const best = this.result.completions[0]!.reward!;
    return (
      `Nothing is suggested: the model would go on with “${quote(text)}”, and the best way around that has a reward of ` +
      `${best.toFixed(2)}, below the threshold of ${this.threshold}.`
    );
  }

  /** Of the policy's likeliest tokens, the first that the rewards speak against, or the last. */
  private get likeliest(): SearchNode {
    const tip = this.followed(this.result.tree[0]!);
    return this.path(tip).find(({ reward }) => reward < this.threshold) ?? tip;
  }

  /** Where the likeliest tokens lead from a node, as far as the tree knows. */
  private followed(node: SearchNode): SearchNode {
    const next = this.next.get(node.id);
    return next === undefined ? node : this.followed(next);
  }

  private path(node: SearchNode): SearchNode[] {
    const { tree } = this.result;
    return node.parent === undefined ? [] : [...this.path(tree[node.parent]!), node];
  }

  /** From the place on, up to the node and where the tree leads from it. */
  private continuation(node: SearchNode): AvoidedContinuation {
    const tokens = this.path(this.followed(node)).map(({ token }) => token);
    const { id, probability, reward } = node;
    return { node: id, text: this.policy.decode(tokens), probability, reward };
  }
}

/**
 * A completion's text as it goes on after the prompt: without part of a character at a cut, and with a first space
 * that some tokenizers only write behind other text.
 */
export function completionText(
  policy: TokenModel,
  prompt: readonly number[],
  { tokens, isFinished }: Pick<Completion, 'tokens' | 'isFinished'>,
): string {
  const before = prompt.slice(-1);
  const text = policy.decode([...before, ...tokens]).slice(policy.decode(before).length);
  return isFinished ? text : text.replace(/\uFFFD+$/u, '');
}

function quote(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length > QUOTED ? `${line.slice(0, QUOTED)}…` : line;
}
