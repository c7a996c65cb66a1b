/** `verity judge --diff`, `--staged` and `--patch`: every hunk of a change, as a report. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VERSION } from '../bundle.ts';
import type { ReviewedFile } from '../judge/review.ts';
import type { JudgedHunk } from '../protocol/judgment.ts';
import { findingsOf, type Threshold } from '../review/findings.ts';
import { reviewMarkdown } from '../review/markdown.ts';
import { patchedFiles, patchedTexts } from '../review/patch.ts';
import { reviewSarif } from '../review/sarif.ts';
import { VerityError } from '../runtime/errors.ts';
import { FOUND } from './exit.ts';
import { changedFiles, readText, repositoryRoot } from './git.ts';
import { type JudgeOptions, languageOf, withJudge } from './judge.ts';
import { printable, printReview, Progress } from './print.ts';

export const FORMATS = ['text', 'json', 'markdown', 'sarif'] as const;

export interface ReviewOptions extends JudgeOptions {
  /** A revision, or true for the default one. */
  diff?: string | true;
  staged?: boolean;
  patch?: string;
  mergeBase?: boolean;
  format?: (typeof FORMATS)[number];
  failOn: 'finding' | 'never';
  minConfidence?: number;
}

export const isReview = ({ diff, staged, patch }: ReviewOptions): boolean =>
  diff !== undefined || staged !== undefined || patch !== undefined;

/** Judges the change and prints the report. Answers with the exit code. */
export async function review(options: ReviewOptions, signal: AbortSignal): Promise<number> {
  const files = (await changes(options)).map((change) => ({
    ...change,
    language: options.language ?? languageOf(change.file),
  }));
  const progress = new Progress();
  const hunks = await withJudge(
    options,
    (service) =>
      service.review(
        { files, instruction: options.instruction },
        {
          signal,
          onHunks: (found) => progress.total(found.length),
          onText: (_, order, text) => progress.text(order, text),
          onJudged: (index) => progress.done(index + 1),
        },
      ),
    progress,
  );
  report(hunks, options);
  return options.failOn === 'finding' && findingsOf(hunks, options).length > 0 ? FOUND : 0;
}

type Change = Omit<ReviewedFile, 'language'>;

async function changes({ diff, staged, patch, mergeBase }: ReviewOptions): Promise<Change[]> {
  if (patch !== undefined) {
    if (diff !== undefined || staged === true || mergeBase === true)
      throw new VerityError('badInput', 'Give --patch alone: it says itself what it changes.');
    return patchChanges(patch);
  }
  return changedFiles({ revision: typeof diff === 'string' ? diff : 'HEAD', staged, mergeBase });
}

/** A patch's paths count from the repository's root, elsewhere from the current folder. */
async function patchChanges(patchFile: string): Promise<Change[]> {
  const text = await readFile(patchFile, 'utf8').catch((error: unknown) => {
    throw new VerityError('badInput', `Cannot read ${patchFile}: ${(error as NodeJS.ErrnoException).code}.`);
  });
  const patched = parsed(patchFile, text);
  const root = await repositoryRoot().catch(() => '.');
  const texts = await Promise.all(
    patched.map(async (file) =>
      patchedTexts(file, file.path === null ? undefined : await readText(join(root, file.path))),
    ),
  );
  return texts.flat();
}

function parsed(patchFile: string, text: string): ReturnType<typeof patchedFiles> {
  try {
    return patchedFiles(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new VerityError('badInput', `${patchFile} is no unified diff: ${reason}.`);
  }
}

function report(hunks: JudgedHunk[], options: ReviewOptions): void {
  const threshold: Threshold = options;
  const format = options.json === true ? 'json' : (options.format ?? 'text');
  if (format === 'text') printReview(hunks, threshold);
  else if (format === 'json') console.log(JSON.stringify({ hunks: hunks.map(hunkJson) }));
  else if (format === 'markdown') process.stdout.write(printable(reviewMarkdown(hunks, threshold)));
  else console.log(JSON.stringify(reviewSarif(hunks, VERSION, threshold), null, 2));
}

const hunkJson = ({ after, judgment, ...hunk }: JudgedHunk) => ({ ...hunk, range: after, ...judgment });
