/** What the extension and its agents panel say to each other. Each side parses what it receives. */
import { z } from 'zod';
import { AgentReport, LatentStep, SolvePartial, SolveResult } from './solution.ts';

const Count = z.number().int().nonnegative();

/** One agent of the team, as its work comes along. */
export const Lane = z.object({
  agent: Count,
  role: z.string(),
  steps: z.array(LatentStep),
  text: z.string(),
  /** Once it is done. */
  report: AgentReport.optional(),
});
export type Lane = z.infer<typeof Lane>;

/** What the team works on. */
export const PanelProblem = z.object({
  /** `src/page.ts:14`. */
  title: z.string(),
  /** What is asked, in the user's words. */
  ask: z.string(),
  /** What the team was given beside the code, by name. */
  context: z.array(z.string()),
});
export type PanelProblem = z.infer<typeof PanelProblem>;

/** How an answer can be used: as an edit of the code that it was asked for, or to be read. */
export const AnswerUse = z.enum(['edit', 'text']);
export type AnswerUse = z.infer<typeof AnswerUse>;

/** answered: `result` is there, with baselines if they were asked for. failed: `message` says why and what to do. */
export const AgentsPhase = z.enum(['empty', 'running', 'answered', 'cancelled', 'failed']);
export type AgentsPhase = z.infer<typeof AgentsPhase>;

export const AgentsState = z.object({
  phase: AgentsPhase,
  message: z.string().optional(),
  problem: PanelProblem.optional(),
  team: z.string(),
  /** Whether the single model and the text team work on it too. */
  isComparing: z.boolean(),
  /** By agent. */
  lanes: z.array(Lane),
  result: SolveResult.optional(),
  use: AnswerUse.optional(),
});
export type AgentsState = z.infer<typeof AgentsState>;

export const EMPTY: AgentsState = { phase: 'empty', team: '', isComparing: false, lanes: [] };

/** Extension → panel. `state` replaces everything; `partial` adds what an agent did. */
export const ToAgents = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('state'), state: AgentsState }),
  z.object({ kind: z.literal('partial'), partial: SolvePartial }),
  z.object({ kind: z.literal('answered'), result: SolveResult, use: AnswerUse }),
  z.object({
    kind: z.literal('stopped'),
    phase: z.enum(['cancelled', 'failed']),
    message: z.string().optional(),
  }),
]);
export type ToAgents = z.infer<typeof ToAgents>;

/** Panel → extension: it can receive now, and what the user wants done. */
export const FromAgents = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('cancel') }),
  /** Show the code that was asked about. */
  z.object({ kind: z.literal('open') }),
  /** Show the answer: as a diff, or as a document. */
  z.object({ kind: z.literal('show') }),
  z.object({ kind: z.literal('copy') }),
  /** The same problem again, with the baselines. */
  z.object({ kind: z.literal('compare') }),
]);
export type FromAgents = z.infer<typeof FromAgents>;

/** The state after a message: extension and panel apply the same function, so they never disagree. */
export function reduceAgents(state: AgentsState, message: ToAgents): AgentsState {
  if (message.kind === 'state') return message.state;
  // What comes after the end belongs to no run.
  if (state.phase !== 'running') return state;
  switch (message.kind) {
    case 'partial':
      return { ...state, lanes: advance(state.lanes, message.partial) };
    case 'answered':
      return { ...state, phase: 'answered', result: message.result, use: message.use };
    case 'stopped':
      return { ...state, phase: message.phase, message: message.message };
  }
}

function advance(lanes: readonly Lane[], partial: SolvePartial): Lane[] {
  switch (partial.kind) {
    case 'agent':
      return started(lanes, { agent: partial.agent, role: partial.role, steps: [], text: '' });
    case 'latent':
      return change(lanes, partial.step.agent, (lane) => ({ ...lane, steps: [...lane.steps, partial.step] }));
    case 'text':
      return change(lanes, partial.agent, (lane) => ({ ...lane, text: lane.text + partial.text }));
    case 'report':
      return change(lanes, partial.agent, (lane) => ({ ...lane, report: partial.report }));
  }
}

/** Experts work side by side, so they may begin in any order. */
const started = (lanes: readonly Lane[], lane: Lane): Lane[] =>
  [...lanes.filter(({ agent }) => agent !== lane.agent), lane].toSorted((a, b) => a.agent - b.agent);

const change = (lanes: readonly Lane[], agent: number, changed: (lane: Lane) => Lane): Lane[] =>
  lanes.map((lane) => (lane.agent === agent ? changed(lane) : lane));
