/** Judges every hunk between two versions of some files: A is the version before, B the version after. */
import type { Hunk, JudgedHunk, Judgment, Order } from '../protocol/judgment.ts';
import type { ReviewContext } from '../protocol/requests.ts';
import type { LanguageModel } from '../runtime/language-model.ts';
import { type HunkOptions, hunksOf } from './hunks.ts';
import { judgePair } from './judge.ts';
import type { PromptFamily } from './prompts/family.ts';
import { surroundingsOf } from './surroundings.ts';

export interface ReviewedFile extends Pick<HunkOptions, 'firstLine' | 'only'> {
  file: string;
  language: string;
  before: string;
  after: string;
  context?: ReviewContext | undefined;
}

export interface ReviewHooks {
  /** All hunks, before the first is judged. */
  onHunks?: (hunks: Hunk[]) => void;
  onText?: (index: number, order: Order, delta: string) => void;
  onJudged?: (index: number, judgment: Judgment) => void;
  signal?: AbortSignal | undefined;
}

/** @throws what `judgePair` throws; hunks judged before that have been handed to `onJudged`. */
export async function reviewFiles(
  model: LanguageModel,
  family: PromptFamily,
  files: ReviewedFile[],
  instruction: string | undefined,
  hooks: ReviewHooks = {},
): Promise<JudgedHunk[]> {
  const pieces = files.flatMap((reviewed) => {
    const { file, before, after, context, ...options } = reviewed;
    return hunksOf(file, before, after, { ...options, functions: context?.functions }).map((piece) => ({
      ...piece,
      reviewed,
    }));
  });
  hooks.onHunks?.(pieces.map(({ hunk }) => hunk));
  const judged: JudgedHunk[] = [];
  for (const [index, { hunk, before, after, reviewed }] of pieces.entries()) {
    const { language } = reviewed;
    const surroundings = surroundingsOf(reviewed, hunk.after);
    const judgment = await judgePair(
      model,
      family,
      { a: before, b: after, language, instruction, surroundings },
      { onText: (order, delta) => hooks.onText?.(index, order, delta), signal: hooks.signal },
    );
    hooks.onJudged?.(index, judgment);
    judged.push({ ...hunk, judgment });
  }
  return judged;
}
