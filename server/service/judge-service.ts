/** The judge as a service, behind LSP server and CLI alike. */
import type { z } from 'zod';
import type { ResolvedJudge } from '../catalog/resolve.ts';
import { judgePair, type JudgeHooks } from '../judge/judge.ts';
import { FAMILIES } from '../judge/prompts/families.ts';
import type { PromptFamily } from '../judge/prompts/family.ts';
import { reviewFiles, type ReviewHooks } from '../judge/review.ts';
import { rankCandidates, type RankOptions } from '../judge/rank.ts';
import type { JudgedHunk, Judgment, Ranking, Turn } from '../protocol/judgment.ts';
import type { JudgeParams, RankParams, ReviewParams } from '../protocol/requests.ts';
import type { Priority } from '../runtime/engine/policy.ts';
import { VerityError } from '../runtime/errors.ts';
import type { LanguageModel } from '../runtime/language-model.ts';
import type { ModelService } from './model-service.ts';
import type { Request, RequestOptions } from './requests.ts';

/** Longer files are no code that anyone wrote; to compare and tokenize them would take minutes. */
const MAX_CHARACTERS = 1_000_000;

export class JudgeService {
  private readonly models: ModelService;
  private readonly model: ResolvedJudge;
  private readonly family: PromptFamily;

  constructor(models: ModelService, model: ResolvedJudge) {
    this.models = models;
    this.model = model;
    this.family = { ...FAMILIES[model.family], calibration: model.calibration };
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
    return this.models.run(options, async (request) => {
      refuseLongTexts(texts);
      return this.models.use(this.model, request, (model) => task(model, request));
    });
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
