/** The tree that a search grows, and what it tells while it does. */
import type { NodeState, SearchNode, SearchStep } from '../../protocol/completion.ts';
import { type CompletionResult, sumCounters } from '../method.ts';

export class SearchTree {
  readonly nodes: SearchNode[] = [
    { id: 0, depth: 0, token: -1, text: '', probability: 1, reward: 0, state: 'kept' },
  ];
  private reported = 1;
  private readonly changes = new Map<number, NodeState>();

  get root(): SearchNode {
    return this.nodes[0]!;
  }

  /** Nothing has been found yet. */
  get isEmpty(): boolean {
    return this.nodes.length === 1;
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

/** Of a search that was stopped before it had begun. */
export function emptyResult(ms: number): CompletionResult {
  const none = { calls: 0, forwarded: 0, reused: 0 };
  return {
    completions: [],
    tree: new SearchTree().nodes,
    counters: sumCounters(none, none, 0, ms),
    isStopped: true,
  };
}
