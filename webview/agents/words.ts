/** What the panel says, in words: kept apart from how it looks. */
import type { AgentsState } from '../../server/protocol/agents-panel.ts';
import type { AgentReport, Solution } from '../../server/protocol/solution.ts';

export const seconds = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;

export const percent = (share: number): string => {
  const rounded = Math.round(100 * share);
  return rounded === 0 && share > 0 ? '< 1 %' : `${rounded} %`;
};

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  if (count < 1e6) return `${(count / 1e3).toFixed(0)} kB`;
  return count < 1e9 ? `${(count / 1e6).toFixed(1)} MB` : `${(count / 1e9).toFixed(2)} GB`;
}

export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

/** What an agent did and left. */
export function facts({
  latentSteps,
  outputTokens,
  memoryRead,
  memoryLeft,
  memoryBytes,
}: AgentReport): string[] {
  return [
    ...(latentSteps > 0 ? [counted(latentSteps, 'latent step')] : []),
    ...(outputTokens > 0 ? [`${counted(outputTokens, 'token')} written`] : []),
    ...(memoryRead > 0 ? [`read ${counted(memoryRead, 'position')} of memory`] : []),
    ...(memoryLeft > 0 ? [`left ${counted(memoryLeft, 'position')}, ${bytes(memoryBytes)}`] : []),
  ];
}

/** Six colours of the theme's charts; what they stand for is always written beside them. */
export const laneColor = (agent: number): string => `lane-${agent % 6}`;

/** A token as a person can see it: spaces and line ends too. */
export const visible = (text: string): string =>
  text === ''
    ? '∅'
    : text
        .replaceAll('\n', '⏎')
        .replaceAll('\t', '⇥')
        .replaceAll(' ', '·')
        .replace(/\p{Cc}/gu, '␦');

/** The line above the lanes, which screen readers hear when it changes. */
export function statusLine({ phase, lanes, team, isComparing, result }: AgentsState): string {
  switch (phase) {
    case 'empty':
      return '';
    case 'running': {
      const atWork = lanes.filter(({ report }) => report === undefined).map(({ role }) => role);
      if (lanes.length === 0) return `Team ${team}: starting…`;
      if (atWork.length > 0) return `${atWork.join(', ')} at work…`;
      return isComparing ? 'Answered; a single model and a text team now work on it…' : 'Handing over…';
    }
    case 'answered':
      return `Answered by ${counted(lanes.length, 'agent')} in ${seconds(result?.ms ?? 0)}`;
    case 'cancelled':
      return 'Cancelled';
    case 'failed':
      return 'Failed';
  }
}

/** `72 % less`, `1.4 × as much`, `the same`: the team against a baseline. */
export function against(mine: number, other: number): string {
  if (other === 0) return mine === 0 ? 'the same' : 'more';
  const ratio = mine / other;
  if (Math.abs(ratio - 1) < 0.005) return 'the same';
  return ratio < 1 ? `${percent(1 - ratio)} less` : `${ratio.toFixed(1)} × as much`;
}

/** Line ends and spaces are no difference between answers. */
export const isSameAnswer = (one: Pick<Solution, 'answer'>, other: Pick<Solution, 'answer'>): boolean =>
  one.answer.replace(/\s+/g, ' ').trim() === other.answer.replace(/\s+/g, ' ').trim();
