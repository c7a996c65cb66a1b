/** All figures of a sweep, as `verity eval agents --out` writes them. */
import { cpus } from 'node:os';
import type { TaskFormat } from './tasks.ts';
import { beside, type Beside, contributions, GOALS, type RunFigures } from './sweep.ts';

export interface AgentsEvaluation {
  evaluation: 'agents';
  verity: string;
  command: string;
  startedAt: string;
  machine: { cpu: string; cores: number; node: string };
  model: { id: string; sha256: string; dtype: string; device: string };
  data: string;
  dataSha256: string;
  format: TaskFormat;
  problems: number;
  settings: { maxNewTokens: number; temperature: number; seed: number };
  /** Whether programs that were run had no network; absent where none ran. */
  programsCutOff?: boolean;
  goals: typeof GOALS;
  runs: RunFigures[];
  comparisons: Beside[];
  /** What latent steps contribute, in words. */
  findings: string[];
}

export function agentsEvaluationOf(
  facts: Omit<AgentsEvaluation, 'evaluation' | 'machine' | 'goals' | 'comparisons' | 'findings'>,
): AgentsEvaluation {
  const { runs } = facts;
  return {
    evaluation: 'agents',
    machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version },
    goals: GOALS,
    ...facts,
    comparisons: beside(runs),
    findings: contributions(runs),
  };
}
