/** What a team's agents do and leave, however they hand it over: latent-crew.ts, text-crew.ts. */
import type { AgentReport, LatentStep, TeamDefinition } from '../protocol/solution.ts';
import type { Priority } from '../runtime/engine/policy.ts';
import type { TokenModel } from '../runtime/token-model.ts';
import type { Written } from './write.ts';

/** The model of each agent, by the agent's number; often the same. */
export type Cast = readonly TokenModel[];

/** A problem, and how it may be answered. */
export interface Task {
  problem: string;
  /** Tokens at most of each text that is written. */
  maxNewTokens: number;
  temperature: number;
  seed: number;
  /** In place of the team's and its agents'. */
  latentSteps?: number | undefined;
  priority?: Priority | undefined;
}

export interface TeamHooks {
  onAgent?: (agent: number, role: string) => void;
  onLatent?: (step: LatentStep) => void;
  onText?: (agent: number, delta: string) => void;
  onReport?: (agent: number, report: AgentReport) => void;
  signal?: AbortSignal | undefined;
}

/** What an agent did. */
export interface Work {
  role: string;
  report: AgentReport;
  /** Positions evaluated for it. */
  forwarded: number;
  /** What it thought with, in order. */
  vectors: Float32Array[];
  /** Of its text or vectors, what their reader should know. */
  caution?: string | undefined;
}

export interface Crew<Left extends Work> {
  /** An agent before the last works on what it sees of the earlier ones' work. */
  work(agent: number, earlier: readonly Left[], signal?: AbortSignal): Promise<Left>;
  /** The last one answers; the answer is its report's text. */
  answer(agent: number, earlier: readonly Left[], signal?: AbortSignal): Promise<Work>;
  /** Gives everything back that the crew holds; nobody works any more. */
  release(): void;
}

/** What the next agent sees: all that was left, or the last agent's alone. Experts side by side are all last. */
export function visible<Item>(
  { layout, keep }: Pick<TeamDefinition, 'layout' | 'keep'>,
  left: readonly Item[],
) {
  return layout === 'sequential' && keep !== 'all' ? left.slice(-1) : left;
}

/** Why a text may not be what its agent meant to write. */
export function cautionOf(role: string, { endedBy, tokens }: Written): string | undefined {
  if (endedBy === 'loop') return `The ${role} went round in circles and was stopped after ${tokens} tokens.`;
  if (endedBy === 'length') return `The ${role} was cut off after ${tokens} tokens.`;
  return undefined;
}
