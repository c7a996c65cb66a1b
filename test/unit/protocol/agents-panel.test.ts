/** The agents panel's state, as extension and panel both keep it. */
import { describe, expect, it } from 'vitest';
import {
  type AgentsState,
  EMPTY,
  reduceAgents,
  type ToAgents,
} from '../../../server/protocol/agents-panel.ts';
import type { SolvePartial } from '../../../server/protocol/solution.ts';
import { latentStep, report, RESULT } from './solutions.ts';

const RUNNING: AgentsState = { ...EMPTY, phase: 'running', team: 'sequential' };
const after = (state: AgentsState, ...messages: ToAgents[]) => messages.reduce(reduceAgents, state);
const partial = (part: SolvePartial): ToAgents => ({ kind: 'partial', partial: part });
const agent = (number: number, role: string) => partial({ kind: 'agent', agent: number, role });

describe('a run', () => {
  it('gathers what each agent does in its lane, whatever the order', () => {
    const { lanes } = after(
      RUNNING,
      agent(1, 'code'),
      agent(0, 'math'),
      partial({ kind: 'latent', step: latentStep(1, 0) }),
      partial({ kind: 'latent', step: latentStep(0, 0) }),
      partial({ kind: 'latent', step: latentStep(1, 1) }),
      partial({ kind: 'text', agent: 0, text: 'a' }),
      partial({ kind: 'text', agent: 0, text: 'b' }),
      partial({ kind: 'report', agent: 0, report: report('math') }),
    );
    expect(
      lanes.map(({ role, steps, text, report: done }) => [role, steps.length, text, done?.role]),
    ).toEqual([
      ['math', 1, 'ab', 'math'],
      ['code', 2, '', undefined],
    ]);
  });

  it('ends once: what comes after belongs to no run', () => {
    const answered = after(RUNNING, agent(0, 'model'), { kind: 'answered', result: RESULT, use: 'edit' });
    expect(answered).toMatchObject({ phase: 'answered', use: 'edit', result: RESULT });
    expect(after(answered, agent(1, 'late'), { kind: 'stopped', phase: 'cancelled' })).toBe(answered);
    expect(after(EMPTY, agent(0, 'early'))).toBe(EMPTY);
  });

  it('keeps what was done when it is stopped', () => {
    const failed = after(RUNNING, agent(0, 'model'), { kind: 'stopped', phase: 'failed', message: 'why' });
    expect(failed).toMatchObject({ phase: 'failed', message: 'why', lanes: [{ role: 'model' }] });
  });
});
