/** Results as Markdown in the chat. What models write is untrusted: its prose is escaped, its code stays code. */
import type { CompleteResult } from '../../server/protocol/completion.ts';
import type { Deduction } from '../../server/protocol/deduction.ts';
import type { Judgment } from '../../server/protocol/judgment.ts';
import type { SolveResult } from '../../server/protocol/solution.ts';
import { percent } from '../../server/review/findings.ts';
import { escape, prose } from '../../server/review/markdown.ts';
import { piecesOf } from '../solve/answer.ts';

/** An answer of prose and code blocks. */
export const answerMarkdown = (answer: string): string =>
  piecesOf(answer)
    .map((piece) => ('prose' in piece ? prose(piece.prose) : fenced(piece.code, piece.language)))
    .join('\n\n');

/** A fence that the code cannot close. */
export function fenced(code: string, language = ''): string {
  const longest = Math.max(2, ...[...code.matchAll(/`{3,}/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language.replace(/[^\w+#-]/g, '')}\n${code}\n${fence}`;
}

export function judgmentMarkdown(
  { verdict, confidence, reasoning, model }: Judgment,
  names: { A: string; B: string },
): string {
  const headline =
    verdict === 'undecided'
      ? '**Undecided**: the two orders disagree, or no valid verdict was written.'
      : `**${escape(names[verdict])} is better** (${percent(confidence)}, both orders agree).`;
  return [headline, prose(reasoning), `_${escape(model)}_`].join('\n\n');
}

/** The caution stands before the answer: who reads no further has read it. */
export function solutionMarkdown({
  answer,
  caution,
  agents,
  outputTokens,
  ms,
  model,
  baselines,
}: SolveResult): string {
  const team = agents.map(({ role }) => role).join(', ');
  const facts = `_${escape(model)} · ${escape(team)} · ${outputTokens} tokens written · ${(ms / 1000).toFixed(1)} s_`;
  const compared = baselines.map(
    (baseline) =>
      `- ${escape(baseline.team)}: ${baseline.outputTokens} tokens, ${(baseline.ms / 1000).toFixed(1)} s, ${
        isSameAnswer(baseline.answer, answer) ? 'the same answer' : 'another answer'
      }`,
  );
  return [
    ...(caution === undefined ? [] : [`**Caution:** ${prose(caution)}`]),
    answerMarkdown(answer),
    ...(compared.length === 0 ? [] : [compared.join('\n')]),
    facts,
  ].join('\n\n');
}

const isSameAnswer = (one: string, other: string): boolean =>
  one.replace(/\s+/g, ' ').trim() === other.replace(/\s+/g, ' ').trim();

const STATUS: Record<Deduction['status'], string> = {
  entailed: 'Proved',
  refuted: 'Refuted',
  abstained: 'Abstained',
  contradictory: 'The premises contradict each other',
};

/** Only steps that the solver has checked are shown as a derivation. */
export function deductionMarkdown({
  status,
  answer,
  reason,
  derivation,
  missing,
  counterModels,
}: Deduction): string {
  const steps = derivation
    .filter(({ isChecked }) => isChecked)
    .map(
      ({ label, formal, from }) => `- ${escape(label)}: ${escape(formal)} (from ${escape(from.join(', '))})`,
    );
  const models = counterModels.map(
    ({ values, answer: there }) =>
      `- ${escape(values.map(({ name, value }) => `${name} = ${value}`).join(', '))}: the answer would be ${escape(there)}`,
  );
  return [
    `**${STATUS[status]}${answer === null ? '' : `: ${escape(answer)}`}**`,
    prose(reason),
    ...(steps.length === 0 ? [] : [steps.join('\n')]),
    ...(models.length === 0 ? [] : [`Possible worlds in which all premises hold:\n${models.join('\n')}`]),
    ...(missing === null ? [] : [`This would settle it: ${escape(missing)}`]),
  ].join('\n\n');
}

export function completionMarkdown(
  { completions, avoided, refusal }: CompleteResult,
  language: string,
): string {
  const [best] = completions;
  return [
    best === undefined
      ? `**Refused:** ${prose(refusal ?? 'nothing was found.')}`
      : fenced(best.text, language),
    ...(avoided.length === 0
      ? []
      : [
          `Avoided: ${avoided
            .slice(0, 3)
            .map(({ text, probability }) => `${escape(text.trim())} (${percent(probability)} likely)`)
            .join('; ')}`,
        ]),
  ].join('\n\n');
}
