/** A finding's words in a comment. What the model wrote is untrusted: escaped, never markup. */
import { MarkdownString } from 'vscode';
import type { Judgment } from '../server/protocol/judgment.ts';
import { percent } from '../server/review/findings.ts';
import { escape, prose } from '../server/review/markdown.ts';

export const threadLabel = ({ confidence }: Judgment): string =>
  `The previous version is better · ${percent(confidence)}`;

/** The evaluation; the rest of the reasoning is in the verdict panel. */
export function findingMarkdown({ reasoning, model, timings }: Judgment): MarkdownString {
  const footer = `<small>${escape(model)} · both orders agree · ${Math.round(timings.totalMs)} ms</small>`;
  const markdown = new MarkdownString(`${prose(reasoning)}\n\n${footer}`);
  markdown.supportHtml = true;
  return markdown;
}
