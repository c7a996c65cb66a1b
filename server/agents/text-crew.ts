/** Agents that hand over what they write (TextMAS in the paper's comparison). */
import type { TeamDefinition } from '../protocol/solution.ts';
import { VerityError } from '../runtime/errors.ts';
import type { TokenModel } from '../runtime/token-model.ts';
import { type Cast, cautionOf, type Crew, type Task, type TeamHooks, type Work } from './crew.ts';
import { promptOf } from './prompts.ts';
import { write } from './write.ts';

export class TextCrew implements Crew<Work> {
  private readonly cast: Cast;
  private readonly team: TeamDefinition;
  private readonly task: Task;
  private readonly hooks: TeamHooks;

  constructor(cast: Cast, team: TeamDefinition, task: Task, hooks: TeamHooks) {
    this.cast = cast;
    this.team = team;
    this.task = task;
    this.hooks = hooks;
  }

  /** @throws VerityError contextOverflow if prompt and text do not fit; the signal's reason. */
  async work(agent: number, earlier: readonly Work[], signal?: AbortSignal): Promise<Work> {
    const { task, hooks } = this;
    const model = this.cast[agent]!;
    const started = performance.now();
    const definition = this.team.agents[agent]!;
    const { role } = definition;
    hooks.onAgent?.(agent, role);
    const read = earlier.map((work) => ({ role: work.role, text: work.report.text }));
    const prompt = model.encode(promptOf(definition, task.problem, read));
    const positions = prompt.length + task.maxNewTokens;
    if (positions > model.contextLength) throw this.tooLong(role, prompt.length, model);
    const branch = await model.open({ positions, priority: task.priority, signal });
    try {
      const outputs = await branch.append(prompt, signal);
      const onText = (delta: string) => hooks.onText?.(agent, delta);
      const written = await write(model, branch, outputs, { ...task, signal, onText });
      const report = {
        role,
        latentSteps: 0,
        promptTokens: prompt.length,
        outputTokens: written.tokens,
        memoryRead: 0,
        memoryLeft: 0,
        memoryBytes: 0,
        ms: performance.now() - started,
        text: written.text,
      };
      hooks.onReport?.(agent, report);
      const forwarded = outputs.forwarded + written.forwarded;
      return { role, report, forwarded, vectors: [], caution: cautionOf(role, written) };
    } finally {
      branch.release();
    }
  }

  answer(agent: number, earlier: readonly Work[], signal?: AbortSignal): Promise<Work> {
    return this.work(agent, earlier, signal);
  }

  /** Each agent's branch has gone with its work. */
  release(): void {
    return;
  }

  private tooLong(role: string, tokens: number, { contextLength }: TokenModel): VerityError {
    return new VerityError(
      'contextOverflow',
      `The ${role}'s prompt has ${tokens} tokens and ${this.task.maxNewTokens} are kept for its text, but the model's ` +
        `context holds ${contextLength}. Ask for fewer new tokens or choose a model with a longer context.`,
    );
  }
}
