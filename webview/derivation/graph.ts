/** A proof as a graph: premises, steps, and what they come to. */
import type { Deduction } from '../../server/protocol/deduction.ts';
import { headline, listed, provenSteps } from '../../server/protocol/deduction-words.ts';

export interface ProofNode {
  id: string;
  kind: 'premise' | 'step' | 'conclusion';
  /** A premise's number, a step's letter, the conclusion's sign. */
  label: string;
  text: string;
  formal: string | null;
  /** Ids of the nodes that it follows from. */
  from: string[];
  /** What screen readers hear. */
  name: string;
}

/**
 * Nodes in an order in which each follows those that it rests on. The server's last step says what was proved; without
 * steps the conclusion follows from the premises themselves.
 */
export function proofGraph(deduction: Deduction, question: string): ProofNode[] {
  const { premises, premisesUsed, goal, status } = deduction;
  const steps = provenSteps(deduction);
  const isStep = new Set(steps.map(({ label }) => label));
  const idOf = (source: string) => (isStep.has(source) ? `step ${source}` : `premise ${source}`);
  const last = steps.at(-1);
  const concluding = last === undefined ? premisesUsed.map(String) : [last.label];
  const needed = new Set([...premisesUsed.map(String), ...steps.flatMap(({ from }) => from)]);
  const isContradiction = status === 'contradictory';
  return [
    ...premises
      .filter(({ number }) => needed.has(String(number)))
      .map(({ number, text, formal }): ProofNode => {
        const label = String(number);
        return {
          id: idOf(label),
          kind: 'premise',
          label,
          text,
          formal,
          from: [],
          name: `Premise ${label}: ${text}`,
        };
      }),
    ...steps.map(({ label, formal, from }): ProofNode => ({
      id: idOf(label),
      kind: 'step',
      label,
      text: formal,
      formal: null,
      from: from.map(idOf),
      name: `Step ${label}: ${formal}, from ${listed(from)}`,
    })),
    {
      id: 'conclusion',
      kind: 'conclusion',
      label: isContradiction ? '⊥' : '∴',
      text: isContradiction ? 'These cannot all hold' : question,
      formal: isContradiction ? null : goal,
      from: concluding.map(idOf),
      name: isContradiction ? 'These premises contradict each other' : `${headline(deduction)}: ${question}`,
    },
  ];
}

/** A node with all it rests on. */
export function supportOf(id: string, nodes: readonly ProofNode[]): Set<string> {
  const support = new Set([id]);
  for (const node of nodes.toReversed())
    if (support.has(node.id)) for (const source of node.from) support.add(source);
  return support;
}
