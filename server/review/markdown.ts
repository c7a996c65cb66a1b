/** Markdown of a review and its parts. What models and files say is untrusted: escaped or fenced, never markup. */
import type { JudgedHunk } from '../protocol/judgment.ts';
import { findingsOf, headline, severityOf, summaryLine, type Threshold } from './findings.ts';

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
