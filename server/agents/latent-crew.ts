/**
 * Agents that hand over working memory (LatentMAS, arXiv 2511.20639): each reads its prompt and thinks in latent
 * steps, and what the trie holds of both is there for the next one, with no text in between.
 *
 * One after the other, an agent goes on where the one before stopped; with `keep` other than all it goes on from the
 * last agent's positions alone, spliced to a path of their own. Experts side by side begin at position 0, each seeing
 * itself alone; whoever sums up sees all their positions and begins after the longest of them, so that to it each lies
 * in the past at its own places (as in Parallel Context Windows, arXiv 2212.10947).
 *
 * Keys and values belong to a checkpoint. An agent of another one reads what was left anew, from the same tokens and
 * vectors, which only makes sense where both have the same tokens and vectors of one size.
 */
import type { AgentReport, TeamDefinition } from '../protocol/solution.ts';
import { VerityError } from '../runtime/errors.ts';
import type { Input, TokenBranch, TokenModel } from '../runtime/token-model.ts';
import { type Cast, cautionOf, type Crew, type Task, type TeamHooks, visible, type Work } from './crew.ts';
import { promptOf } from './prompts.ts';
import { think } from './think.ts';
import { write } from './write.ts';

/** What an agent left: a stretch of its branch's path. */
interface Memory extends Work {
  model: TokenModel;
  branch: TokenBranch;
  /** What the whole path holds. */
  inputs: readonly Input[];
  /** Places on the path: its own first one, its first vector's, and the end. */
  from: number;
  thoughtsFrom: number;
  until: number;
}

/** An agent as its turn begins. */
interface Turn {
  started: number;
  role: string;
  model: TokenModel;
  branch: TokenBranch;
  /** What its path holds. */
  read: readonly Input[];
  /** Positions evaluated to read it. */
  forwarded: number;
}

export class LatentCrew implements Crew<Memory> {
  private readonly cast: Cast;
  private readonly team: TeamDefinition;
  private readonly task: Task;
  private readonly hooks: TeamHooks;
  private readonly prompts: number[][];
  /** By model, the empty branch that holds the room of all that it caches. */
  private readonly rooms = new Map<TokenModel, TokenBranch>();
  private readonly branches: TokenBranch[] = [];

  private constructor(cast: Cast, team: TeamDefinition, task: Task, hooks: TeamHooks, prompts: number[][]) {
    this.cast = cast;
    this.team = team;
    this.task = task;
    this.hooks = hooks;
    this.prompts = prompts;
  }

  /**
   * A crew with room for all that it will hold.
   * @throws VerityError contextOverflow or busy if there can never be so much; the signal's reason.
   */
  static async open(cast: Cast, team: TeamDefinition, task: Task, hooks: TeamHooks): Promise<LatentCrew> {
    checkCast(cast, team);
    const prompts = team.agents.map((agent, index) => {
      const before = team.layout === 'sequential' || index === team.agents.length - 1 ? index : 0;
      const earlier = team.agents.slice(0, before).map(({ role }) => ({ role }));
      return cast[index]!.encode(promptOf(agent, task.problem, visible(team, earlier)));
    });
    const lengths = prompts.map(({ length }, index) => length + stepsOf(team, task, index));
    for (const model of cast) checkContext(model, team, lengths, task.maxNewTokens);
    const crew = new LatentCrew(cast, team, task, hooks, prompts);
    await crew.reserve(sum(lengths) + task.maxNewTokens);
    return crew;
  }

  /** Where models take turns, each reads the others' work anew at each of its turns. */
  private async reserve(positions: number): Promise<void> {
    const { priority } = this.task;
    const { signal } = this.hooks;
    const models = new Set(this.cast);
    try {
      for (const model of models) {
        const turns = models.size === 1 ? 1 : this.cast.filter((other) => other === model).length;
        const room = await model.open({ positions: positions * turns, priority, signal });
        this.rooms.set(model, room);
        this.branches.push(room);
      }
    } catch (error) {
      this.release();
      throw error;
    }
  }

  async work(agent: number, earlier: readonly Memory[], signal?: AbortSignal): Promise<Memory> {
    const { team, task, hooks } = this;
    const turn = await this.begin(agent, earlier, signal);
    const { role, model, branch, read } = turn;
    const prompt = this.prompts[agent]!;
    const outputs = await branch.append(prompt, signal);
    const { vectors, collapsed } = await think(model, branch, outputs, {
      role,
      steps: stepsOf(team, task, agent),
      signal,
      onStep: (step) => hooks.onLatent?.({ agent, ...step }),
    });
    const thoughtsFrom = read.length + prompt.length;
    const until = thoughtsFrom + vectors.length;
    const inputs = [...read, ...prompt, ...vectors];
    const place = { model, branch, inputs, from: read.length, thoughtsFrom, until };
    const left = place.until - this.firstKept(place);
    const report = this.report(agent, turn, { latentSteps: vectors.length, memoryLeft: left });
    const caution = collapsed
      ? `The ${role}'s latent vectors collapsed onto one token after ${vectors.length} steps, so that the rest were left out.`
      : undefined;
    const forwarded = turn.forwarded + outputs.forwarded + vectors.length;
    return { role, ...place, vectors, report, forwarded, caution };
  }

  async answer(agent: number, earlier: readonly Memory[], signal?: AbortSignal): Promise<Work> {
    const { task, hooks } = this;
    const turn = await this.begin(agent, earlier, signal);
    const { role, model, branch } = turn;
    const outputs = await branch.append(this.prompts[agent]!, signal);
    const onText = (delta: string) => hooks.onText?.(agent, delta);
    const written = await write(model, branch, outputs, { ...task, signal, onText });
    const report = this.report(agent, turn, { outputTokens: written.tokens, text: written.text });
    const forwarded = turn.forwarded + outputs.forwarded + written.forwarded;
    return { role, report, forwarded, vectors: [], caution: cautionOf(role, written) };
  }

  release(): void {
    // The latest first: what hangs below a vector goes with the last who holds it.
    for (const branch of this.branches.splice(0).reverse()) branch.release();
  }

  private async begin(agent: number, left: readonly Memory[], signal?: AbortSignal): Promise<Turn> {
    const started = performance.now();
    const { role } = this.team.agents[agent]!;
    const model = this.cast[agent]!;
    this.hooks.onAgent?.(agent, role);
    let forwarded = 0;
    const earlier: Memory[] = [];
    for (const memory of left) {
      const own = memory.model === model ? memory : await this.readAnew(memory, model, signal);
      if (own !== memory) forwarded += own.forwarded;
      earlier.push(own);
    }
    const last = earlier.at(-1);
    const goesOn = this.team.layout === 'sequential' && this.team.keep === 'all' && last !== undefined;
    const branch = this.fork(goesOn ? last.branch : this.rooms.get(model)!);
    const read = goesOn ? last.inputs : await this.attach(branch, earlier);
    return { started, role, model, branch, read, forwarded };
  }

  private fork(branch: TokenBranch): TokenBranch {
    const fork = branch.fork();
    this.branches.push(fork);
    return fork;
  }

  /** What an agent of another checkpoint hands on, as this one understands it. */
  private async readAnew(memory: Memory, model: TokenModel, signal?: AbortSignal): Promise<Memory> {
    const first = this.firstKept(memory);
    const inputs = memory.inputs.slice(first);
    const branch = this.fork(this.rooms.get(model)!);
    const { forwarded } = inputs.length === 0 ? { forwarded: 0 } : await branch.append(inputs, signal);
    const thoughtsFrom = Math.max(0, memory.thoughtsFrom - first);
    return { ...memory, model, branch, inputs, from: 0, thoughtsFrom, until: inputs.length, forwarded };
  }

  /** Splices memories, the one that reaches furthest last: what follows goes on after it. Returns what the path holds. */
  private async attach(branch: TokenBranch, memories: readonly Memory[]): Promise<Input[]> {
    const read: Input[] = [];
    for (const memory of memories.toSorted((a, b) => a.until - b.until)) {
      const from = this.firstKept(memory);
      if (from === memory.until) continue;
      await branch.splice(memory.branch, from, memory.until);
      read.push(...memory.inputs.slice(from));
    }
    return read;
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
      memoryRead: turn.read.length,
      memoryLeft: 0,
      memoryBytes: (more.memoryLeft ?? 0) * turn.model.bytesPerPosition,
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

/** @throws VerityError badInput if vectors of one agent's model mean nothing to another's. */
function checkCast(cast: Cast, { agents }: TeamDefinition): void {
  const [first] = cast;
  for (const [index, model] of cast.entries()) {
    const sameTokens = model.vocabularyDigest === first!.vocabularyDigest;
    if (sameTokens && model.hiddenSize === first!.hiddenSize) continue;
    const why = sameTokens
      ? `their vectors have ${first!.hiddenSize} and ${model.hiddenSize} values`
      : 'their tokenizers differ';
    throw new VerityError(
      'badInput',
      `The ${agents[index]!.role} cannot read the ${agents[0]!.role}'s latent vectors: ${why}. ` +
        'Let the team hand over text ("handOver": "text"), or give both the same model.',
    );
  }
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
