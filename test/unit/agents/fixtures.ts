/** What PyTorch computes for latent agents (test/fixtures/agents/make_agents.py), and tasks for tests. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { Task } from '../../../server/agents/crew.ts';
import { TeamDefinition } from '../../../server/protocol/solution.ts';
import { type LoadedModel, loadLanguageModel } from '../../../server/runtime/load.ts';
import { checkpointDirectory } from '../runtime/fixtures.ts';
import { readTensors } from '../safety/fixtures.ts';

const ROOT = join(import.meta.dirname, '../../fixtures/agents');

/** Qwen3 and Llama layout, with tied and untied heads. */
export const AGENT_CHECKPOINTS = {
  'qwen3-sharded': checkpointDirectory('qwen3-sharded'),
  'qwen3-untied': join(ROOT, 'qwen3-untied'),
  'llama3-untied': join(ROOT, 'llama3-untied'),
  'llama3-tied': join(ROOT, 'llama3-tied'),
} as const;
export type AgentCheckpoint = keyof typeof AGENT_CHECKPOINTS;

export const RUNS = [
  ['sequential', 'all'],
  ['sequential', 'last'],
  ['sequential', 'latents'],
  ['hierarchical', 'all'],
  ['hierarchical', 'latents'],
] as const;

const Golden = z.object({
  problem: z.string(),
  latentSteps: z.number(),
  maxNewTokens: z.number(),
  agents: z.array(z.object({ role: z.string(), prompt: z.string() })),
  prompts: z.record(z.string(), z.array(z.number())),
  texts: z.record(z.string(), z.string()),
});

/** PyTorch's run of a team: `vectors` [agents · steps, hidden] by run, such as `sequential.all`. */
export async function golden(name: AgentCheckpoint) {
  const json = Golden.parse(JSON.parse(await readFile(join(ROOT, `${name}.json`), 'utf8')));
  return { ...json, vectors: await readTensors(join(ROOT, `${name}.safetensors`)) };
}

/** Ends with the running test, its cached matrices too. */
export async function loadAgentModel(name: AgentCheckpoint): Promise<LoadedModel> {
  const realignmentDir = await mkdtemp(join(tmpdir(), 'verity-agents-'));
  const model = await loadLanguageModel(AGENT_CHECKPOINTS[name], { threads: 1, realignmentDir });
  onTestFinished(async () => {
    await model.dispose();
    await rm(realignmentDir, { recursive: true });
  });
  return model;
}

export const task = (more: Partial<Task> = {}): Task => ({
  problem: 'add 2 and 3',
  maxNewTokens: 8,
  temperature: 0,
  seed: 42,
  ...more,
});

/** A team with short prompts. */
export const team = (more: z.input<typeof TeamDefinition> | object = {}): TeamDefinition =>
  TeamDefinition.parse({
    layout: 'sequential',
    latentSteps: 3,
    agents: [
      { role: 'planner', prompt: 'Plan: {problem}' },
      { role: 'critic', prompt: 'Check. {earlier}{problem}' },
      { role: 'judger', prompt: 'Solve. {earlier}{problem}' },
    ],
    ...more,
  });
