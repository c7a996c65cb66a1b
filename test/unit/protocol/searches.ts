/** Searches as the server tells them: made up by a seed, with the shape that a beam search gives its tree. */
import type {
  AvoidedContinuation,
  CompleteResult,
  FoundCompletion,
  SearchCounters,
  SearchNode,
  SearchStep,
} from '../../../server/protocol/completion.ts';
import type { SearchRun } from '../../../server/protocol/search-tree-panel.ts';
import { seededRandom } from '../../../server/runtime/sampling.ts';

const COUNTERS: SearchCounters = {
  rewardCalls: 0,
  candidates: 0,
  forwardedTokens: 0,
  policyTokens: 0,
  rewardTokens: 0,
  cacheHits: 0,
  ms: 0,
};

export const found = (text: string, reward = 0.5): FoundCompletion => ({
  text,
  reward,
  isFinished: true,
  node: 1,
});

export const completeResult = ({
  counters,
  ...more
}: Partial<Omit<CompleteResult, 'counters'>> & {
  counters?: Partial<SearchCounters>;
} = {}): CompleteResult => ({
  model: 'nano-coder',
  rewardModel: 'nano-guard',
  method: 'saffron',
  completions: [],
  avoided: [],
  isTimedOut: false,
  ...more,
  counters: { ...COUNTERS, ...counters },
});

const TOKENS = [
  ' total',
  '(',
  ')',
  ';',
  '\n',
  ' +',
  ' =',
  ' await',
  'fetch',
  '.json',
  'eval',
  ' items',
  '[',
  ']',
  '  ',
  ' =>',
  ' {',
  ' }',
  'user',
  '.name',
];

export interface SearchShape {
  /** Nodes in the beam, and likely tokens after each. */
  budget: number;
  breadth: number;
  steps: number;
  seed?: number;
}

interface Beam {
  node: SearchNode;
  sum: number;
}

/** A search's steps, and what it found; node 0, the root, is not told. */
export function madeUpSearch({ budget, breadth, steps, seed = 1 }: SearchShape): {
  steps: SearchStep[];
  result: CompleteResult;
} {
  const random = seededRandom(seed);
  const nodes: SearchNode[] = [
    { id: 0, depth: 0, token: -1, text: '', probability: 1, reward: 0, state: 'kept' },
  ];
  let live: Beam[] = [{ node: nodes[0]!, sum: 0 }];
  let finished: Beam[] = [];
  const told: SearchStep[] = [];
  const counters = { ...COUNTERS };
  for (let step = 0; step < steps && live.length > 0; step++) {
    const added: Beam[] = live.flatMap(({ node: parent, sum }) => {
      const shares = Array.from({ length: 1 + Math.floor(breadth * (0.5 + random())) }, () => random() ** 3);
      const total = shares.reduce((a, b) => a + b, 0) / 0.9;
      return shares.map((share): Beam => {
        const token = Math.floor(random() * TOKENS.length);
        const isUnseen = random() < 0.05;
        const reward = isUnseen ? -1024 : Math.tanh(parent.reward * 0.8 + (random() - 0.5) * 1.2);
        const node: SearchNode = {
          id: nodes.length,
          parent: parent.id,
          depth: parent.depth + 1,
          token,
          text: TOKENS[token]!,
          probability: share / total,
          reward,
          state: isUnseen ? 'unseen' : 'pruned',
        };
        nodes.push(node);
        return { node, sum: sum + reward };
      });
    });
    const room = budget - finished.length;
    const best = added.toSorted((a, b) => b.node.reward - a.node.reward).slice(0, room);
    const ends = step > steps / 3 ? best.filter(() => random() < 0.6 / steps) : [];
    for (const { node } of best) node.state = 'kept';
    for (const { node } of ends) Object.assign(node, { state: 'finished', text: '<end>' });
    // Some of the beam before lose their place, as the server tells of paths that were left.
    const changed = live.flatMap(({ node }) =>
      node.id > 0 && !best.some(({ node: { parent } }) => parent === node.id)
        ? [{ id: node.id, state: 'pruned' as const }]
        : [],
    );
    for (const { id, state } of changed) nodes[id]!.state = state;
    finished = [...finished, ...ends];
    live = best.filter((beam) => !ends.includes(beam));
    counters.rewardCalls += live.length;
    counters.candidates += added.length;
    counters.policyTokens += live.length;
    counters.rewardTokens += live.length + 3;
    counters.forwardedTokens = counters.policyTokens + counters.rewardTokens;
    counters.cacheHits += live.length * (40 + step);
    counters.ms += 7 + 6 * random();
    told.push({
      step,
      // Copies as they were told: what changes later is told later.
      added: added.map(({ node }) => ({ ...node })),
      changed,
      live: live.map(({ node }) => node.id),
      counters: { ...counters },
    });
  }
  return { steps: told, result: resultOf(nodes, [...finished, ...live], counters) };
}

function resultOf(
  nodes: readonly SearchNode[],
  beam: readonly Beam[],
  counters: SearchCounters,
): CompleteResult {
  const completions = beam
    .map(({ node, sum }): FoundCompletion => {
      const isFinished = node.state === 'finished';
      const path = pathOf(nodes, node);
      const texts = (isFinished ? path.slice(0, -1) : path).map(({ text }) => text);
      return { text: texts.join(''), reward: sum / node.depth, isFinished, node: node.id };
    })
    .sort((a, b) => Number(b.isFinished) - Number(a.isFinished) || b.reward! - a.reward!);
  const avoided = nodes
    .filter(({ state, reward, probability }) => state === 'pruned' && reward < 0 && probability > 0.2)
    .toSorted((a, b) => b.probability - a.probability)
    .slice(0, 5)
    .map(({ id, text, probability, reward }): AvoidedContinuation => ({
      node: id,
      text,
      probability,
      reward,
    }));
  return completeResult({ completions, avoided, counters });
}

function pathOf(nodes: readonly SearchNode[], node: SearchNode): SearchNode[] {
  const path: SearchNode[] = [];
  for (let at = node; at.parent !== undefined; at = nodes[at.parent]!) path.push(at);
  return path.reverse();
}

/** A run of the panel, ended unless told otherwise. */
export function searchRun(shape: SearchShape, more: Partial<SearchRun> = {}): SearchRun {
  const { steps, result } = madeUpSearch(shape);
  return {
    id: 0,
    title: 'src/orders/total.ts:42',
    source: 'command',
    prompt: 'export async function total(items: Item[]) {\n  return ',
    method: 'saffron',
    budget: shape.budget,
    phase: 'ended',
    steps,
    result,
    ...more,
  };
}

export const nodesOf = ({ steps }: Pick<SearchRun, 'steps'>): number =>
  steps.reduce((sum, { added }) => sum + added.length, 1);
