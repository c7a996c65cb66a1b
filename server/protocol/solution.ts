/** Multi-agent solutions (LatentMAS) on the wire: who works on a problem, how it comes along, and the answer. */
import { ProgressType, RequestType } from 'vscode-languageserver-protocol';
import { z } from 'zod';
import { WithProgress } from './progress.ts';

const Count = z.number().int().nonnegative();

/**
 * How a problem is worked on. sequential, hierarchical: agents in latent space. text: the same agents, handing text over.
 * single: one model, asked once.
 */
export const TeamName = z.enum(['sequential', 'hierarchical', 'text', 'single']);
export type TeamName = z.infer<typeof TeamName>;

const LatentSteps = z.number().int().min(0).max(160);

/** One agent as a user defines it. */
export const AgentDefinition = z.object({
  role: z.string().min(1).max(64).describe('What the agent is called.'),
  prompt: z
    .string()
    .max(20_000)
    .describe(
      'What the agent is told. {problem} stands for the problem, {earlier} for what the agents before it left.',
    ),
  latentSteps: LatentSteps.optional().describe("Latent steps of this agent; left out: the team's."),
  model: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Checkpoint directory of this agent, left out: the one that all share. Vectors go from one to another only where sizes and tokenizers match; text always does.',
    ),
});
export type AgentDefinition = z.infer<typeof AgentDefinition>;

/** A team: the last agent writes the answer, the others hand on their working memory. */
export const TeamDefinition = z.object({
  layout: z
    .enum(['sequential', 'hierarchical'])
    .describe('sequential: one after the other. hierarchical: experts side by side, then the last agent.'),
  handOver: z
    .enum(['latent', 'text'])
    .default('latent')
    .describe('latent: keys and values in the cache. text: what the agents write.'),
  latentSteps: LatentSteps.default(10).describe('Latent steps of each agent but the last.'),
  keep: z
    .enum(['all', 'last', 'latents'])
    .default('all')
    .describe(
      "What the next agent sees: all positions, the last agent's alone, or its latent vectors alone. Experts side by side are all last.",
    ),
  agents: z.array(AgentDefinition).min(1).max(16).describe('In their order; the last one answers.'),
});
export type TeamDefinition = z.infer<typeof TeamDefinition>;

/** `.verity/agents.json`: teams by name. A client reads it in trusted workspaces alone, and sends what it chose. */
export const AgentsFile = z.object({
  $schema: z.string().optional(),
  teams: z.record(z.string().min(1).max(64), TeamDefinition),
});
export type AgentsFile = z.infer<typeof AgentsFile>;

/** Client → server: solve a problem. */
export const SolveParams = WithProgress.extend({
  problem: z.string(),
  team: TeamName.default('sequential'),
  /** In place of a named team's agents. */
  definition: TeamDefinition.optional(),
  latentSteps: LatentSteps.optional(),
  maxNewTokens: z.number().int().min(1).max(32_768).default(512),
  temperature: z.number().min(0).max(2).default(0),
  seed: z.number().int().default(42),
  /** Also run the single model and the text team, so that savings can be told. */
  compare: z.boolean().default(false),
});
export type SolveParams = z.input<typeof SolveParams>;

/** One latent step, as the inspector shows it. */
export const LatentStep = z.object({
  agent: Count,
  step: Count,
  /** Of the hidden state before realignment, and of the distribution that the head reads in it (nats). */
  norm: z.number(),
  entropy: z.number(),
  /** The tokens that the head reads in it, likeliest first (logit lens). */
  nearest: z.array(z.object({ text: z.string(), probability: z.number() })),
});
export type LatentStep = z.infer<typeof LatentStep>;

export const AgentReport = z.object({
  role: z.string(),
  latentSteps: Count,
  promptTokens: Count,
  outputTokens: Count,
  /** Positions of working memory that it read, and that it left. */
  memoryRead: Count,
  memoryLeft: Count,
  memoryBytes: Count,
  ms: z.number().nonnegative(),
  /** What it wrote; a latent agent writes nothing. */
  text: z.string(),
});
export type AgentReport = z.infer<typeof AgentReport>;

/** Server → client, on the request's partialResultToken: how the team comes along. */
export const SolvePartial = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('agent'), agent: Count, role: z.string() }),
  z.object({ kind: z.literal('latent'), step: LatentStep }),
  z.object({ kind: z.literal('text'), agent: Count, text: z.string() }),
  z.object({ kind: z.literal('report'), agent: Count, report: AgentReport }),
]);
export type SolvePartial = z.infer<typeof SolvePartial>;
export const solvePartial = new ProgressType<SolvePartial>();

/** One way of solving and what it cost. */
export const Solution = z.object({
  team: z.string(),
  answer: z.string(),
  agents: z.array(AgentReport),
  /** Latent vectors on a plane (the two main components), by agent and step; for the plot of trajectories. */
  trajectories: z.array(z.array(z.tuple([z.number(), z.number()]))),
  outputTokens: Count,
  forwardedTokens: Count,
  ms: z.number().nonnegative(),
});
export type Solution = z.infer<typeof Solution>;

export const SolveResult = Solution.extend({
  model: z.string(),
  /** The single model and the text team on the same problem, where they were asked for. */
  baselines: z.array(Solution),
  /** Why the solution may not be better than a baseline, in words; set where a comparison says so. */
  caution: z.string().optional(),
});
export type SolveResult = z.infer<typeof SolveResult>;

export const solveRequest = new RequestType<SolveParams, SolveResult, void>('verity/solve');
