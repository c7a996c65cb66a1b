/** The judge as a service, behind LSP server and CLI alike. */
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
import type { Priority } from '../runtime/engine/policy.ts';
import { VerityError } from '../runtime/errors.ts';
import type { LanguageModel } from '../runtime/language-model.ts';
import type { DtypeChoice } from '../runtime/quantize/options.ts';
import { WorkerModel } from '../runtime/worker/client.ts';
import { defaultMemoryLimit } from './memory.ts';
import { ModelPool } from './model-pool.ts';
import { type Request, type RequestOptions, Requests } from './requests.ts';

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
  /** Bytes that all models together may take; half of the machine's memory if left out. */
  memoryLimit?: number | undefined;
  /** Unloads a model that nobody has used for so long; undefined keeps it. */
  unloadAfterMs?: number | undefined;
  onStatus?: (status: Status) => void;
  onOutcome?: (outcome: Outcome) => void;
}

export class JudgeService {
  private readonly options: JudgeServiceOptions;
  private readonly pool: ModelPool;
  private readonly requests: Requests;
  private readonly family: PromptFamily;

  constructor(options: JudgeServiceOptions) {
    this.options = options;
    const { workerFile, threads, dtype, device, freshProbe, onOutcome } = options;
    const { family, calibration } = options.model;
    this.family = { ...FAMILIES[family], calibration };
    const onChange = () => options.onStatus?.(this.status);
    this.requests = new Requests(onChange, onOutcome);
    this.pool = new ModelPool({
      start: (directory, more, hooks) => WorkerModel.start(workerFile, directory, more, hooks),
      memoryLimit: options.memoryLimit ?? defaultMemoryLimit(),
      idleMs: options.unloadAfterMs,
      run: {
        ...(threads && { threads }),
        ...(dtype && { dtype }),
        ...(device && { device }),
        ...(freshProbe && { freshProbe }),
      },
      onChange,
    });
  }

  /**
   * @param priority batch where no person waits for this one judgment.
   * @throws VerityError, or the signal's reason.
   */
  judge(
    params: z.output<typeof JudgeParams>,
    hooks: JudgeHooks = {},
    priority: Priority = 'panel',
  ): Promise<Judgment> {
    const { a, b, language, instruction, conversation, votes } = params;
    const texts = [a, b, ...spoken(conversation)];
    return this.run({ name: 'judge', priority, signal: hooks.signal }, texts, (model) =>
      judgePair(model, this.family, { a, b, language, instruction, conversation }, { ...hooks, votes }),
    );
  }

  /** @throws VerityError, or the signal's reason; comparisons made before have been handed to the hooks. */
  rank(params: z.output<typeof RankParams>, hooks: Omit<RankOptions, 'votes'> = {}): Promise<Ranking> {
    const { candidates, language, instruction, conversation, votes } = params;
    const texts = [...candidates.map(({ text }) => text), ...spoken(conversation)];
    const task = { candidates, language, instruction, conversation };
    return this.run({ name: 'rank', priority: 'panel', signal: hooks.signal }, texts, (model) =>
      rankCandidates(model, this.family, task, { ...hooks, votes }),
    );
  }

  /**
   * Somebody waits for the first hunk; by the time that is read, the others are judged, after what is more urgent.
   * @throws VerityError, or the signal's reason; hunks judged before have been handed to the hooks.
   */
  review(params: z.output<typeof ReviewParams>, hooks: ReviewHooks = {}): Promise<JudgedHunk[]> {
    const { files, instruction } = params;
    const texts = files.flatMap(({ before, after }) => [before, after]);
    return this.run({ name: 'review', priority: 'panel', signal: hooks.signal }, texts, (model, request) => {
      const onJudged = (index: number, judgment: Judgment) => {
        request.priority = 'batch';
        hooks.onJudged?.(index, judgment);
      };
      return reviewFiles(model, this.family, files, instruction, { ...hooks, onJudged });
    });
  }

  /** Runs a task as one request on texts of bounded size. */
  private run<Result>(
    options: RequestOptions,
    texts: string[],
    task: (model: LanguageModel, request: Request) => Promise<Result>,
  ): Promise<Result> {
    return this.requests.run(options, async (request) => {
      refuseLongTexts(texts);
      return this.pool.use(this.options.model, request, (model) => task(model, request));
    });
  }

  get status(): Status {
    const { running, waiting, outcomes } = this.requests;
    const [judge, ...others] = this.pool.status([this.options.model]);
    return {
      version: this.options.version,
      pid: process.pid,
      models: [judge!, ...others],
      memory: this.pool.memory,
      queue: { running, waiting },
      outcomes,
    };
  }

  dispose(): Promise<void> {
    return this.pool.dispose();
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
