/** Solutions made up for tests: what a team of four does, as the server tells it. */
import type { AgentsState, Lane } from '../../../server/protocol/agents-panel.ts';
import { EMPTY } from '../../../server/protocol/agents-panel.ts';
import type { AgentReport, LatentStep, Solution, SolveResult } from '../../../server/protocol/solution.ts';

const WORDS = ['plan', ' divide', ' zero', ' count', '\n', ' length', ' empty', ' mean', ' throw', ' guard'];

export const latentStep = (agent: number, step: number): LatentStep => ({
  agent,
  step,
  norm: 40 + 3 * Math.sin(step + agent),
  entropy: 4 / (1 + step) + 0.3 * agent,
  nearest: [0, 1, 2, 3, 4].map((place) => ({
    text: WORDS[(step + 3 * agent + place) % WORDS.length]!,
    probability: 0.5 / (1 + place) ** 2,
  })),
});

export const report = (role: string, more: Partial<AgentReport> = {}): AgentReport => ({
  role,
  latentSteps: 0,
  promptTokens: 120,
  outputTokens: 0,
  memoryRead: 0,
  memoryLeft: 0,
  memoryBytes: 0,
  ms: 840,
  text: '',
  ...more,
});

export const lane = (agent: number, role: string, steps: number, more: Partial<Lane> = {}): Lane => ({
  agent,
  role,
  steps: Array.from({ length: steps }, (_, step) => latentStep(agent, step)),
  text: '',
  ...more,
});

export const ANSWER = `The mean of an empty list divides by zero, so it needs a guard.

\`\`\`typescript
export function mean(values: number[]): number {
  if (values.length === 0) throw new RangeError('mean of nothing');
  return sum(values) / values.length;
}
\`\`\`

I added the guard and throw where the count is zero.`;

const done = (agent: number, role: string, read: number): Lane =>
  lane(agent, role, 10, {
    report: report(role, {
      latentSteps: 10,
      memoryRead: read,
      memoryLeft: read + 140,
      memoryBytes: 28_672 * (read + 140),
      ms: 840 + 90 * agent,
    }),
  });

const judger = lane(3, 'judger', 0, {
  text: ANSWER,
  report: report('judger', { outputTokens: 96, memoryRead: 420, ms: 2310, text: ANSWER }),
});

export const LANES: Lane[] = [done(0, 'planner', 0), done(1, 'critic', 140), done(2, 'refiner', 280), judger];

/** Three spirals that end near one another. */
const trajectories: Solution['trajectories'] = [0, 1, 2].map((agent) =>
  Array.from({ length: 10 }, (_, step): [number, number] => {
    const [angle, radius] = [0.7 * step + 2 * agent, 9 / (1 + 0.5 * step)];
    return [radius * Math.cos(angle) + agent, radius * Math.sin(angle)];
  }),
);

const solution = (team: string, answer: string, outputTokens: number, ms: number): Solution => ({
  team,
  answer,
  agents: [],
  trajectories: [],
  outputTokens,
  forwardedTokens: outputTokens + 480,
  ms,
});

export const RESULT: SolveResult = {
  ...solution('sequential', ANSWER, 96, 4860),
  agents: LANES.map(({ report: done }) => done!),
  trajectories: [...trajectories, []],
  model: 'Qwen3-0.6B',
  baselines: [],
};

export const COMPARED: SolveResult = {
  ...RESULT,
  baselines: [
    solution('text', 'Return 0 for an empty list.\n\nThat is what most callers expect.', 612, 19_400),
    solution('single', ANSWER, 101, 2480),
  ],
  caution:
    'The single model gave the same answer in 49 % less time, so the team was not worth its cost here.',
};

export const PROBLEM = {
  title: 'src/statistics.ts:14',
  ask: 'Do what the comment asks: TODO: what is the mean of an empty list?',
  context: ['Imports (src/statistics.ts:1)', 'Definition of sum (src/sum.ts:3)', 'Caller (src/report.ts)'],
};

const running: AgentsState = { ...EMPTY, phase: 'running', problem: PROBLEM, team: 'sequential' };

export const STATES = {
  empty: EMPTY,
  starting: running,
  running: { ...running, lanes: [LANES[0]!, lane(1, 'critic', 4)] },
  'experts side by side': {
    ...running,
    team: 'hierarchical',
    lanes: [lane(0, 'math', 7), lane(1, 'science', 5), lane(2, 'code', 6)],
  },
  writing: {
    ...running,
    team: 'text',
    lanes: [
      lane(0, 'planner', 0, {
        text: 'Check the length first. Then divide.',
        report: report('planner', { outputTokens: 9, text: 'x' }),
      }),
      lane(1, 'critic', 0, { text: 'The plan forgets what an empty list' }),
    ],
  },
  comparing: { ...running, isComparing: true, lanes: LANES },
  answered: { ...running, phase: 'answered', lanes: LANES, result: RESULT, use: 'edit' },
  'answered in text': {
    ...running,
    phase: 'answered',
    lanes: [lane(0, 'model', 0, { text: 'It is 42.', report: report('model', { outputTokens: 5 }) })],
    result: { ...solution('single', 'It is 42.', 5, 300), model: 'Qwen3-0.6B', baselines: [] },
    use: 'text',
  },
  compared: { ...running, phase: 'answered', isComparing: true, lanes: LANES, result: COMPARED, use: 'edit' },
  'long words': {
    ...running,
    phase: 'answered',
    problem: { ...PROBLEM, title: `src/${'a-rather-long-folder/'.repeat(5)}statistics.ts:14` },
    lanes: [lane(0, `${'very'.repeat(12)}-long`, 80, { report: report('x', { latentSteps: 80 }) }), judger],
    result: { ...RESULT, answer: 'x'.repeat(400), trajectories: [trajectories[0]!, []] },
    use: 'text',
  },
  cancelled: { ...running, phase: 'cancelled', lanes: [LANES[0]!, lane(1, 'critic', 4)] },
  failed: {
    ...running,
    phase: 'failed',
    message:
      "The critic's latent vectors are no numbers at step 3: this model cannot think in latent space. Use the text team or the single model, or another checkpoint.",
    lanes: [LANES[0]!, lane(1, 'critic', 2)],
  },
} satisfies Record<string, AgentsState>;

export type StateName = keyof typeof STATES;
