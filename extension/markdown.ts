/** A judgment as Markdown for a comment. What the model wrote is untrusted: it is escaped or fenced, never markup. */
import { MarkdownString } from 'vscode';
import type { Judgment, OrderJudgment } from '../server/protocol/judgment.ts';

const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** The verdict on a change in one line. */
export function headline({ verdict, confidence, orders }: Judgment): string {
  if (verdict === 'undecided')
    return orders.some((order) => order.verdict === null)
      ? 'Undecided: a reading ended without a valid verdict'
      : 'Undecided: the two orders disagree';
  const preferred = verdict === 'A' ? 'The previous version is better' : 'The change is better';
  return `${preferred} · ${percent(confidence)} · both orders agree`;
}

/** Evaluation first; solution, rubric and the other order folded below it. */
export function judgmentMarkdown(judgment: Judgment): MarkdownString {
  const { reasoning } = judgment.orders.find(({ verdict }) => verdict !== null) ?? judgment.orders[0]!;
  const blocks = [
    `**${headline(judgment)}**`,
    prose(judgment.reasoning),
    reasoning.rubric && folded('Rubric', prose(reasoning.rubric)),
    reasoning.solution && folded("The judge's own solution", fenced(reasoning.solution)),
    reasoning.thinking && folded('Thinking', prose(reasoning.thinking)),
    folded('Both readings', judgment.orders.map(reading).join('\n\n')),
    `<small>${escape(judgment.model)} · ${Math.round(judgment.timings.totalMs)} ms</small>`,
  ];
  const markdown = new MarkdownString(blocks.filter(Boolean).join('\n\n'));
  markdown.supportHtml = true;
  return markdown;
}

function reading({ order, verdict, confidence, raw }: OrderJudgment): string {
  const result =
    verdict === null
      ? 'no valid verdict'
      : `prefers ${verdict === 'A' ? 'the previous version' : 'the change'}, ${percent(confidence)}`;
  return `Read ${order === 'AB' ? 'previous version first' : 'change first'}: ${result}\n\n${fenced(raw)}`;
}

const folded = (title: string, body: string): string =>
  `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;

/** Text with its line breaks, nothing in it read as Markdown or HTML. */
export const prose = (text: string): string => text.trim().split('\n').map(escape).join('  \n');

export const escape = (text: string): string =>
  text
    .replace(/[\\`*_{}[\]()#+\-.!~|$]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');

/** A code block whose fence is longer than any run of backticks inside. */
export function fenced(code: string): string {
  const runs = code.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  return `${fence}text\n${code}\n${fence}`;
}
