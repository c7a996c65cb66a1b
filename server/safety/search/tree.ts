/** The tree that a search grows, and what it tells while it does. */

/**
 * `kept`: in the beam when it was found. `pruned`: likely enough, but others had higher rewards. `unseen`: left out
 * because the reward model was never trained on the token. `finished`: an end token.
 */
export type NodeState = 'kept' | 'pruned' | 'unseen' | 'finished';

export interface SearchNode {
  id: number;
  /** None at the root, which stands for the prompt. */
  parent: number | undefined;
  /** Tokens from the root. */
  depth: number;
  token: number;
  text: string;
  /** Of the token after its parent, by the policy at temperature 1. */
  probability: number;
  /** Of the path up to and with the token. */
  reward: number;
  state: NodeState;
}

/** What one step added, and which nodes changed their state. */
export interface SearchStep {
  step: number;
  added: readonly SearchNode[];
  changed: readonly { id: number; state: NodeState }[];
  /** Nodes that the next step goes on from. */
  live: readonly number[];
  counters: SearchCounters;
}

export interface SearchCounters {
  /** Sequences that a reward model was asked about. */
  rewardCalls: number;
  /** Candidate tokens that were compared: a process reward model would be asked about each. */
  candidates: number;
  /** Positions evaluated: in all, by the policy and by reward models. */
  forwardedTokens: number;
  policyTokens: number;
  rewardTokens: number;
  /** Positions found in a KV trie instead. */
  cacheHits: number;
  ms: number;
}

export class SearchTree {
  readonly nodes: SearchNode[] = [
    { id: 0, parent: undefined, depth: 0, token: -1, text: '', probability: 1, reward: 0, state: 'kept' },
  ];
  private reported = 1;
  private readonly changes = new Map<number, NodeState>();

  get root(): SearchNode {
    return this.nodes[0]!;
  }

  add(
    parent: SearchNode,
    node: Pick<SearchNode, 'token' | 'text' | 'probability' | 'reward' | 'state'>,
  ): SearchNode {
    const added = { id: this.nodes.length, parent: parent.id, depth: parent.depth + 1, ...node };
    this.nodes.push(added);
    return added;
  }

  setState(node: SearchNode, state: NodeState): void {
    if (node.state === state) return;
    node.state = state;
    // A node that nobody was told of yet is told with its state.
    if (node.id < this.reported) this.changes.set(node.id, state);
  }

  /** From below the root to the node. */
  path(node: SearchNode): SearchNode[] {
    const nodes: SearchNode[] = [];
    for (let at = node; at.parent !== undefined; at = this.nodes[at.parent]!) nodes.push(at);
    return nodes.reverse();
  }

  tokens(node: SearchNode): number[] {
    return this.path(node).map(({ token }) => token);
  }

  /** What is new since the last time. */
  takeChanges(): Pick<SearchStep, 'added' | 'changed'> {
    const added = this.nodes.slice(this.reported).map((node) => ({ ...node }));
    const changed = [...this.changes].map(([id, state]) => ({ id, state }));
    this.reported = this.nodes.length;
    this.changes.clear();
    return { added, changed };
  }
}
