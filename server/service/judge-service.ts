/** The judge as a service: one queue and one model behind LSP server and CLI alike. */
import type { z } from 'zod';
import type { ResolvedModel } from '../catalog/resolve.ts';
import { judgePair, type JudgeHooks } from '../judge/judge.ts';
import { FAMILIES } from '../judge/prompts/families.ts';
import type { PromptFamily } from '../judge/prompts/family.ts';
import { reviewFiles, type ReviewHooks } from '../judge/review.ts';
import { rankCandidates, type RankOptions } from '../judge/rank.ts';
import type { JudgedHunk, Judgment, Ranking, Turn } from '../protocol/judgment.ts';
import type { JudgeParams, Outcome, RankParams, ReviewParams, Status } from '../protocol/requests.ts';
import type { DevicePreference } from '../runtime/devices/device.ts';
import { VerityError } from '../runtime/errors.ts';
import type { DtypeChoice } from '../runtime/quantize/options.ts';
import type { WorkerModel } from '../runtime/worker/client.ts';
import { ModelHost } from './model-host.ts';
import { failureOutcome, OutcomeLog } from './outcomes.ts';
import { RequestQueue } from './queue.ts';

/** Longer files are no code that anyone wrote; to compare and tokenize them would take minutes. */
const MAX_CHARACTERS = 1_000_000;

export interface JudgeServiceOptions {
  version: string;
  workerFile: string;
  model: ResolvedModel;
  threads?: number;
  dtype?: DtypeChoice;
  device?: DevicePreference;
  freshProbe?: boolean;
  onStatus?: (status: Status) => void;
  onOutcome?: (outcome: Outcome) => void;
}

export class JudgeService {
  private readonly options: JudgeServiceOptions;
  private readonly host: ModelHost;
  private readonly queue: RequestQueue;
  private readonly outcomes = new OutcomeLog();
  private readonly family: PromptFamily;

  constructor(options: JudgeServiceOptions) {
    this.options = options;
    const { workerFile, threads, dtype, device, freshProbe } = options;
    const { family, calibration, ...model } = options.model;
    this.family = { ...FAMILIES[family], calibration };
    const onChange = () => options.onStatus?.(this.status);
    this.queue = new RequestQueue(onChange);
    this.host = new ModelHost({
      workerFile,
      ...model,
      onChange,
      ...(threads && { threads }),
      ...(dtype && { dtype }),
      ...(device && { device }),
      ...(freshProbe && { freshProbe }),
    });
  }

  /** @throws VerityError, or the signal's reason. */
  judge(params: z.output<typeof JudgeParams>, hooks: JudgeHooks = {}): Promise<Judgment> {
    const { a, b, language, instruction, conversation, votes } = params;
    const texts = [a, b, ...spoken(conversation)];
    return this.enqueue('judge', hooks.signal, texts, (model) =>
      judgePair(model, this.family, { a, b, language, instruction, conversation }, { ...hooks, votes }),
    );
  }

  /** @throws VerityError, or the signal's reason; comparisons made before have been handed to the hooks. */
  rank(params: z.output<typeof RankParams>, hooks: Omit<RankOptions, 'votes'> = {}): Promise<Ranking> {
    const { candidates, language, instruction, conversation, votes } = params;
    const texts = [...candidates.map(({ text }) => text), ...spoken(conversation)];
    const task = { candidates, language, instruction, conversation };
    return this.enqueue('rank', hooks.signal, texts, (model) =>
      rankCandidates(model, this.family, task, { ...hooks, votes }),
    );
  }

  /** @throws VerityError, or the signal's reason; hunks judged before have been handed to the hooks. */
  review(params: z.output<typeof ReviewParams>, hooks: ReviewHooks = {}): Promise<JudgedHunk[]> {
    const { files, instruction } = params;
    const texts = files.flatMap(({ before, after }) => [before, after]);
    return this.enqueue('review', hooks.signal, texts, (model) =>
      reviewFiles(model, this.family, files, instruction, hooks),
    );
  }

  /** Waits for the model, runs the task on texts of bounded size, and records in which of the named ways it ended. */
  private async enqueue<Result>(
    name: string,
    signal: AbortSignal | undefined,
    texts: string[],
    task: (model: WorkerModel) => Promise<Result>,
  ): Promise<Result> {
    const startedAt = performance.now();
    let cancelled: Outcome['outcome'] = 'cancelled while waiting';
    const finish = (outcome: Outcome['outcome'], reason?: string) => {
      this.outcomes.record(name, startedAt, outcome, reason);
      this.options.onOutcome?.(this.outcomes.latest.at(-1)!);
      this.options.onStatus?.(this.status);
    };
    try {
      refuseLongTexts(texts);
      const result = await this.queue.run(() => {
        cancelled = 'cancelled while running';
        return this.host.use(task, signal);
      }, signal);
      finish('answered');
      return result;
    } catch (error) {
      if (signal?.aborted) finish(cancelled);
      else finish(failureOutcome(error), error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  get status(): Status {
    const { running, waiting } = this.queue;
    return {
      version: this.options.version,
      pid: process.pid,
      model: this.host.status,
      queue: { running, waiting },
      outcomes: this.outcomes.latest,
    };
  }

  dispose(): Promise<void> {
    return this.host.dispose();
  }
}

const spoken = (conversation: readonly Turn[] = []): string[] => conversation.map(({ content }) => content);

function refuseLongTexts(texts: string[]): void {
  const tooLong = texts.find((text) => text.length > MAX_CHARACTERS);
  if (tooLong !== undefined)
    throw new VerityError(
      'badInput',
      `One version has ${tooLong.length} characters; Verity judges files of up to ${MAX_CHARACTERS}.`,
    );
}
