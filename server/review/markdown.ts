/** Markdown of a review and its parts. What models and files say is untrusted: escaped, never markup. */
import type { JudgedHunk } from '../protocol/judgment.ts';
import { findingsOf, headline, severityOf, summaryLine, type Threshold } from './findings.ts';

/** Text with its line breaks; of Markdown and HTML nothing in it is read but code between single backticks. */
export const prose = (text: string): string => text.trim().split('\n').map(line).join('  \n');

/** A backtick that stands alone is text. Inside of a span Markdown reads nothing. */
const line = (text: string): string =>
  text
    .split(/(?<!`)(`[^`]+`)(?!`)/)
    .map((piece, index) => (index % 2 === 1 ? piece : escape(piece)))
    .join('');

export const escape = (text: string): string =>
  text
    .replace(/[\\`*_{}[\]()#+\-.!~|$]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');

/** A review as a Markdown document: the summary, then every finding. */
export function reviewMarkdown(hunks: readonly JudgedHunk[], threshold?: Threshold): string {
  const sections = findingsOf(hunks, threshold).map(section);
  return `${['# Review', summaryLine(hunks, threshold), ...sections].join('\n\n')}\n`;
}

function section({ file, after, judgment }: JudgedHunk): string {
  const severity = severityOf(judgment) === 'warning' ? 'Warning' : 'Note';
  return [
    `## ${escape(file)}:${after.startLine + 1}`,
    `**${severity}:** ${headline(judgment)}`,
    prose(judgment.reasoning),
    `_${escape(judgment.model)}_`,
  ].join('\n\n');
}
