/** What an agent is told: its prompt with the problem, and with what the agents before it left. */
import type { AgentDefinition, TeamDefinition } from '../protocol/solution.ts';
import { VerityError } from '../runtime/errors.ts';
import type { Prompt } from '../runtime/language-model.ts';

const SYSTEM = 'You are a helpful assistant.';

/** What an agent wrote, or that it left vectors. */
export interface Earlier {
  role: string;
  /** Undefined for an agent that thought in latent space. */
  text?: string;
}

const PLACES = /\{(problem|earlier)\}/g;

/** @throws VerityError badInput if the team would never hear of the problem. */
export function checkTeam({ agents }: TeamDefinition): void {
  if (agents.some(({ prompt }) => prompt.includes('{problem}'))) return;
  const roles = agents.map(({ role }) => role).join(', ');
  throw new VerityError(
    'badInput',
    `No prompt of the team (${roles}) has the place {problem}, so no agent would know what to solve. Write {problem} where it belongs.`,
  );
}

/** The chat prompt of an agent. Text that others wrote stands in it as it is, whatever places it spells. */
export function promptOf(agent: AgentDefinition, problem: string, earlier: readonly Earlier[]): Prompt {
  const left = describe(earlier);
  const filled = agent.prompt.replaceAll(PLACES, (_, place) => (place === 'problem' ? problem : left));
  // A prompt without a place for it must not keep written work from the agent; vectors it sees in any case.
  const written = earlier.some(({ text }) => text !== undefined);
  const content = agent.prompt.includes('{earlier}') || !written ? filled : `${filled}\n\n${left}`;
  return {
    kind: 'chat',
    messages: [
      { role: 'system', content: SYSTEM },
      { role: 'user', content: content.trim() },
    ],
  };
}

function describe(earlier: readonly Earlier[]): string {
  if (earlier.length === 0) return '';
  const roles = earlier.map(({ role }) => role).join(', ');
  const quoted = earlier.flatMap(({ role, text }) =>
    text === undefined ? [] : [`[${role}]\n${text.trim()}`],
  );
  if (quoted.length === 0) return `Before this message you find latent vectors of: ${roles}. `;
  return `This is what the others wrote (${roles}):\n\n${quoted.join('\n\n')}\n\n`;
}
