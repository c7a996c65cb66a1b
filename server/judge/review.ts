/** Judges every hunk between two versions of some files: A is the version before, B the version after. */
import type { Hunk, JudgedHunk, Judgment, Order } from '../protocol/judgment.ts';
import type { LanguageModel } from '../runtime/language-model.ts';
import { hunksOf } from './hunks.ts';
import { judgePair } from './judge.ts';
import type { PromptFamily } from './prompts/family.ts';

export interface ReviewedFile {
  file: string;
  language: string;
  before: string;
  after: string;
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
  const pieces = files.flatMap(({ file, language, before, after }) =>
    hunksOf(file, before, after).map((piece) => ({ ...piece, language })),
  );
  hooks.onHunks?.(pieces.map(({ hunk }) => hunk));
  const judged: JudgedHunk[] = [];
  for (const [index, { hunk, language, before, after }] of pieces.entries()) {
    const judgment = await judgePair(
      model,
      family,
      { a: before, b: after, language, instruction },
      { onText: (order, delta) => hooks.onText?.(index, order, delta), signal: hooks.signal },
    );
    hooks.onJudged?.(index, judgment);
    judged.push({ ...hunk, judgment });
  }
  return judged;
}
