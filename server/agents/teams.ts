/**
 * The teams of LatentMAS (arXiv 2511.20639): planner, critic, refiner and judger one after the other, or experts side
 * by side and a summarizer. The roles are the paper's, the sentences are ours. In every team the last agent answers.
 *
 * A prompt is the same however work is handed over, so that runs can be compared: `{problem}` stands for the problem,
 * `{earlier}` for what the agents before have left (prompts.ts).
 */
import type { AgentDefinition, TeamDefinition, TeamName } from '../protocol/solution.ts';

const ANSWER = `Reason step by step, without straying from the problem. Give the final answer in the form that the problem asks for. Where it asks for none, put a short answer into \\boxed{…} and a program into one fenced code block that is complete in itself.`;

/** The judger's and the summarizer's: what earlier agents left helps, or does not. */
const solver = (role: string): AgentDefinition => ({
  role,
  prompt: `You are the ${role} of a team. {earlier}It may hold what is irrelevant or wrong: use what helps and leave the rest.

Problem:
{problem}

${ANSWER}`,
});

const PLANNER: AgentDefinition = {
  role: 'planner',
  prompt: `You are the planner of a team. Write a clear plan for solving the problem step by step, as a short list. Do not give the final answer.

Problem:
{problem}

Write your plan now.`,
};

const CRITIC: AgentDefinition = {
  role: 'critic',
  prompt: `You are the critic of a team. {earlier}Go through the plan: say again what it intends, then what is right, wrong or missing in it, and how to better it.

Problem:
{problem}

Write the plan as you understand it, then your feedback.`,
};

const REFINER: AgentDefinition = {
  role: 'refiner',
  prompt: `You are the refiner of a team. {earlier}From the plan and the feedback on it, write a better plan for solving the problem: correct, complete and short.

Problem:
{problem}

Write the refined plan now.`,
};

const expert = (field: string): AgentDefinition => ({
  role: field,
  prompt: `You are the ${field} expert of a team. Solve the problem with the means of your field.

Problem:
{problem}

${ANSWER}`,
});

const TEAM = { handOver: 'latent', latentSteps: 10, keep: 'all' } as const;

const SEQUENTIAL: TeamDefinition = {
  ...TEAM,
  layout: 'sequential',
  agents: [PLANNER, CRITIC, REFINER, solver('judger')],
};

const HIERARCHICAL: TeamDefinition = {
  ...TEAM,
  layout: 'hierarchical',
  agents: [expert('math'), expert('science'), expert('code'), solver('summarizer')],
};

/** One model, asked once: what every team has to beat. */
export const SINGLE: TeamDefinition = {
  ...TEAM,
  layout: 'sequential',
  agents: [{ role: 'solver', prompt: `Problem:\n{problem}\n\n${ANSWER}` }],
};

export const TEAMS: Record<TeamName, TeamDefinition> = {
  sequential: SEQUENTIAL,
  hierarchical: HIERARCHICAL,
  text: inText(SEQUENTIAL),
  single: SINGLE,
};

/** The same agents, handing text over (TextMAS). */
export function inText(team: TeamDefinition): TeamDefinition {
  return { ...team, handOver: 'text' };
}
