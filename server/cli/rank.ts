/** `verity judge` with three files or more: which is best, by pairwise judgments. */
import type { Ranking } from '../protocol/judgment.ts';
import { type JudgeOptions, languageOf, readCode, readConversation, withJudge } from './judge.ts';
import { printRanking, Progress } from './print.ts';

export async function rankFiles(files: string[], options: JudgeOptions, signal: AbortSignal): Promise<void> {
  const candidates = await Promise.all(files.map(async (name) => ({ name, text: await readCode(name) })));
  const conversation = await readConversation(options.conversation);
  const { instruction, votes } = options;
  const language = options.language ?? languageOf(files[0]!);
  const progress = new Progress();
  const ranking = await withJudge(
    options,
    (service) =>
      service.rank(
        { candidates, language, instruction, conversation, votes },
        {
          signal,
          onCompare: (index, total) => progress.comparing(index, total),
          onText: (order, text) => progress.text(order, text),
        },
      ),
    progress,
  );
  if (options.json) console.log(JSON.stringify(flat(ranking)));
  else printRanking(ranking);
}

/** Comparisons as `verity judge A B --json` prints a judgment, beside the places of its A and B. */
const flat = ({ comparisons, ...ranking }: Ranking) => ({
  ...ranking,
  comparisons: comparisons.map(({ a, b, judgment }) => ({ a, b, ...judgment })),
});
