/** The jobs as tools that other agents call: in the editor (language-model tools) and by `verity mcp`. */
import { z } from 'zod';
import { CompleteParams, CompleteResult } from './completion.ts';
import { DeduceParams, Deduction } from './deduction.ts';
import { Judgment, OrderJudgment } from './judgment.ts';
import { JudgeParams } from './requests.ts';
import { AgentReport, Solution, SolveParams, SolveResult, TeamName } from './solution.ts';

/** What a caller must know of a tool, how it is asked, and what of a result it is told. */
export interface Tool<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  name: string;
  title: string;
  /** For the model that may call it: what it does, and what its answer is worth. */
  description: string;
  input: Input;
  /** Parsing a job's result with it leaves out what a caller has no use for. */
  output: Output;
}

const tool = <Input extends z.ZodType, Output extends z.ZodType>(one: Tool<Input, Output>) => one;

const language = z.string().optional().describe('VS Code language id, such as typescript or python');

const LOCAL = 'Runs on this machine; nothing leaves it.';

export const TOOLS = {
  judge: tool({
    name: 'verity_judge',
    title: 'Judge two versions',
    description: `Judges which of two versions of a piece of code, A or B, is better, with reasons. Both orders are read: where they disagree the verdict is "undecided", which is no preference. ${LOCAL}`,
    input: z.object({
      a: JudgeParams.shape.a.describe('Version A, the whole text'),
      b: JudgeParams.shape.b.describe('Version B, the whole text'),
      language,
      instruction: z.string().optional().describe('What the code is meant to do'),
    }),
    output: z.object({
      verdict: Judgment.shape.verdict,
      confidence: Judgment.shape.confidence,
      reasoning: z.string(),
      orders: z.array(OrderJudgment.pick({ order: true, verdict: true, confidence: true })),
      model: z.string(),
    }),
  }),
  complete: tool({
    name: 'verity_complete',
    title: 'Complete code safely',
    description: `Completes code at a place by a search that steers away from unsafe code. Tells which likely continuations were avoided. Where nothing is safe enough it answers with a refusal and no completion. ${LOCAL}`,
    input: z.object({
      prefix: CompleteParams.shape.prefix.describe('The text before the place'),
      suffix: z.string().optional().describe('The text after the place'),
      language,
      budget: z
        .number()
        .int()
        .min(1)
        .max(64)
        .optional()
        .describe('Nodes in the beam: more is safer and slower'),
    }),
    output: CompleteResult.pick({ completions: true, avoided: true, refusal: true, model: true }),
  }),
  solve: tool({
    name: 'verity_solve',
    title: 'Solve a problem with a team of agents',
    description: `Lets a team of local agents work on a problem, by default in latent space (LatentMAS), and answers with one text. Small models are often wrong: check the answer. With compare, a single model and a text team work on it too, and a caution says where the team did no better. ${LOCAL}`,
    input: z.object({
      problem: SolveParams.shape.problem.describe('The problem, with all that the team needs to know'),
      team: TeamName.optional().describe(
        'sequential and hierarchical think in latent space; text hands text over; single is one model',
      ),
      compare: z.boolean().optional().describe('Run the single model and the text team too; takes longer'),
    }),
    output: z.object({
      answer: z.string(),
      team: z.string(),
      caution: SolveResult.shape.caution,
      agents: z.array(AgentReport.pick({ role: true, latentSteps: true, outputTokens: true, ms: true })),
      outputTokens: Solution.shape.outputTokens,
      ms: Solution.shape.ms,
      baselines: z.array(Solution.pick({ team: true, answer: true, outputTokens: true, ms: true })),
      model: z.string(),
    }),
  }),
  deduce: tool({
    name: 'verity_deduce',
    title: 'Check whether an answer follows',
    description: `Says whether the answer to a question follows from premises, with a derivation that a solver has checked; otherwise abstains, with counter-models and what is missing. An unchecked answer is never given. ${LOCAL}`,
    input: z.object({
      premises: DeduceParams.shape.premises.describe('One statement each'),
      question: DeduceParams.shape.question.describe('A question about what the premises entail'),
    }),
    output: Deduction.pick({
      status: true,
      answer: true,
      reason: true,
      derivation: true,
      premisesUsed: true,
      counterModels: true,
      missing: true,
    }),
  }),
};

export type ToolName = keyof typeof TOOLS;

/** As VS Code's manifest and MCP clients read it. */
export const inputSchema = ({ input }: Tool): object => z.toJSONSchema(input, { io: 'input' });
