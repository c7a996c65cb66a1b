/**
 * Agents that hand over working memory (LatentMAS, arXiv 2511.20639): each reads its prompt and thinks in latent
 * steps, and what the trie holds of both is there for the next one, with no text in between.
 *
 * One after the other, an agent goes on where the one before stopped; with `keep` other than all it goes on from the
 * last agent's positions alone, spliced to a path of their own. Experts side by side begin at position 0, each seeing
 * itself alone; whoever sums up sees all their positions and begins after the longest of them, so that to it each lies
 * in the past at its own places (as in Parallel Context Windows, arXiv 2212.10947).
 */
import type { AgentReport, TeamDefinition } from '../protocol/solution.ts';
import { VerityError } from '../runtime/errors.ts';
import type { TokenBranch, TokenModel } from '../runtime/token-model.ts';
import { cautionOf, type Crew, type Task, type TeamHooks, visible, type Work } from './crew.ts';
import { promptOf } from './prompts.ts';
import { think } from './think.ts';
import { write } from './write.ts';

/** What an agent left: a stretch of its branch's path. */
interface Memory extends Work {
  branch: TokenBranch;
  /** Places on the path: its own first one, its first vector's, and the end. */
  from: number;
  thoughtsFrom: number;
  until: number;
}

/** An agent as its turn begins. */
interface Turn {
  started: number;
  role: string;
  branch: TokenBranch;
  /** Length of its path. */
  read: number;
}

export class LatentCrew implements Crew<Memory> {
  private readonly model: TokenModel;
  private readonly team: TeamDefinition;
  private readonly task: Task;
  private readonly hooks: TeamHooks;
  private readonly prompts: number[][];
  /** The empty branch that holds the room of all. */
  private readonly room: TokenBranch;
  private readonly branches: TokenBranch[];

  private constructor(
    model: TokenModel,
    team: TeamDefinition,
    task: Task,
    hooks: TeamHooks,
    prompts: number[][],
    room: TokenBranch,
  ) {
    this.model = model;
    this.team = team;
    this.task = task;
    this.hooks = hooks;
    this.prompts = prompts;
    this.room = room;
    this.branches = [room];
  }

  /**
   * A crew with room for all that it will hold.
   * @throws VerityError contextOverflow or busy if there can never be so much; the signal's reason.
   */
  static async open(
    model: TokenModel,
    team: TeamDefinition,
    task: Task,
    hooks: TeamHooks,
  ): Promise<LatentCrew> {
    const prompts = team.agents.map((agent, index) => {
      const before = team.layout === 'sequential' || index === team.agents.length - 1 ? index : 0;
      const earlier = team.agents.slice(0, before).map(({ role }) => ({ role }));
      return model.encode(promptOf(agent, task.problem, visible(team, earlier)));
    });
    const lengths = prompts.map(({ length }, index) => length + stepsOf(team, task, index));
    checkContext(model, team, lengths, task.maxNewTokens);
    const positions = sum(lengths) + task.maxNewTokens;
    const room = await model.open({ positions, priority: task.priority, signal: hooks.signal });
    return new LatentCrew(model, team, task, hooks, prompts, room);
  }

  async work(agent: number, earlier: readonly Memory[], signal?: AbortSignal): Promise<Memory> {
    const { model, team, task, hooks } = this;
    const turn = await this.begin(agent, earlier);
    const { role, branch, read } = turn;
    const prompt = this.prompts[agent]!;
    const outputs = await branch.append(prompt, signal);
    const { vectors, collapsed } = await think(model, branch, outputs, {
      role,
      steps: stepsOf(team, task, agent),
      signal,
      onStep: (step) => hooks.onLatent?.({ agent, ...step }),
    });
    const thoughtsFrom = read + prompt.length;
    const place = { branch, from: read, thoughtsFrom, until: thoughtsFrom + vectors.length };
    const left = place.until - this.firstKept(place);
    const report = this.report(agent, turn, { latentSteps: vectors.length, memoryLeft: left });
    const caution = collapsed
      ? `The ${role}'s latent vectors collapsed onto one token after ${vectors.length} steps, so that the rest were left out.`
      : undefined;
    return { role, ...place, vectors, report, forwarded: outputs.forwarded + vectors.length, caution };
  }

  async answer(agent: number, earlier: readonly Memory[], signal?: AbortSignal): Promise<Work> {
    const { model, task, hooks } = this;
    const turn = await this.begin(agent, earlier);
    const { role, branch } = turn;
    const outputs = await branch.append(this.prompts[agent]!, signal);
    const onText = (delta: string) => hooks.onText?.(agent, delta);
    const written = await write(model, branch, outputs, { ...task, signal, onText });
    const report = this.report(agent, turn, { outputTokens: written.tokens, text: written.text });
    const forwarded = outputs.forwarded + written.forwarded;
    return { role, report, forwarded, vectors: [], caution: cautionOf(role, written) };
  }

  release(): void {
    // The latest first: what hangs below a vector goes with the last who holds it.
    for (const branch of this.branches.splice(0).reverse()) branch.release();
  }

  private async begin(agent: number, earlier: readonly Memory[]): Promise<Turn> {
    const started = performance.now();
    const { role } = this.team.agents[agent]!;
    this.hooks.onAgent?.(agent, role);
    const last = earlier.at(-1);
    const goesOn = this.team.layout === 'sequential' && this.team.keep === 'all' && last !== undefined;
    const branch = (goesOn ? last.branch : this.room).fork();
    this.branches.push(branch);
    const read = goesOn ? last.until : await this.attach(branch, earlier);
    return { started, role, branch, read };
  }

  /** Splices memories, the one that reaches furthest last: what follows goes on after it. Returns the path's length. */
  private async attach(branch: TokenBranch, memories: readonly Memory[]): Promise<number> {
    let length = 0;
    for (const memory of memories.toSorted((a, b) => a.until - b.until)) {
      const from = this.firstKept(memory);
      if (from === memory.until) continue;
      await branch.splice(memory.branch, from, memory.until);
      length += memory.until - from;
    }
    return length;
  }

  /** Where on its path begins what an agent hands on. */
  private firstKept({ from, thoughtsFrom }: Pick<Memory, 'from' | 'thoughtsFrom'>): number {
    if (this.team.keep === 'latents') return thoughtsFrom;
    return this.team.layout === 'sequential' && this.team.keep === 'all' ? 0 : from;
  }

  private report(agent: number, turn: Turn, more: Partial<AgentReport>): AgentReport {
    const report: AgentReport = {
      role: turn.role,
      latentSteps: 0,
      promptTokens: this.prompts[agent]!.length,
      outputTokens: 0,
      memoryRead: turn.read,
      memoryLeft: 0,
      memoryBytes: (more.memoryLeft ?? 0) * this.model.bytesPerPosition,
      ms: performance.now() - turn.started,
      text: '',
      ...more,
    };
    this.hooks.onReport?.(agent, report);
    return report;
  }
}

/** The last agent writes; it takes no latent steps. */
function stepsOf({ agents, latentSteps }: TeamDefinition, task: Task, agent: number): number {
  return agent === agents.length - 1 ? 0 : (task.latentSteps ?? agents[agent]!.latentSteps ?? latentSteps);
}

/** @throws VerityError contextOverflow if the last position would lie beyond the model's context. */
function checkContext(
  { contextLength }: TokenModel,
  { layout }: TeamDefinition,
  lengths: readonly number[],
  maxNewTokens: number,
): void {
  const before = lengths.slice(0, -1);
  const reach =
    (layout === 'sequential' ? sum(before) : Math.max(0, ...before)) + lengths.at(-1)! + maxNewTokens;
  if (reach <= contextLength) return;
  throw new VerityError(
    'contextOverflow',
    `The team's prompts, latent steps and answer reach ${reach} positions, but the model's context holds ${contextLength}. ` +
      'Take fewer latent steps, agents or new tokens, a smaller problem, or a model with a longer context.',
  );
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
