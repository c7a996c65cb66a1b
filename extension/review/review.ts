/** A review from what is compared to its findings: the request, the panel while it runs, one line at its end. */
import { type CancellationToken, Range, type Uri, window, workspace } from 'vscode';
import type { Hunk, JudgedHunk, LineRange } from '../../server/protocol/judgment.ts';
import { assess, summaryLine, type Threshold } from '../../server/review/findings.ts';
import { entry, runJudging } from '../judging.ts';
import type { Verity } from '../verity.ts';
import { anchorOf, linesOf, locate } from './anchor.ts';
import { contextOf, touches } from './context.ts';
import type { Finding, Source } from './finding.ts';
import { compare, type ComparedText, type Comparison, nothingToJudge } from './sources.ts';

/** A part of what a source compares: one file, or some lines of its version after. */
export interface Scope {
  uri?: Uri;
  only?: LineRange;
}

/** Answers with the judged hunks, for extensions that run the command; undefined if there are none. */
export async function runReview(
  verity: Verity,
  source: Source,
  scope: Scope = {},
): Promise<JudgedHunk[] | undefined> {
  const comparison = await compare(source, scope.uri).catch((error: unknown) => {
    tell(error instanceof Error ? error.message : String(error));
    return undefined;
  });
  if (comparison === undefined) return undefined;
  if (comparison.texts.length === 0) {
    tell(nothingToJudge(comparison.leftOut));
    return undefined;
  }
  const hunks = await runJudging(verity, 'Verity is judging the change', (token, report) =>
    review(verity, comparison, scope, token, report),
  );
  if (hunks !== undefined) conclude(verity, hunks);
  return hunks;
}

/** What the user wants to see of a review. */
export const thresholdOf = (verity: Verity): Threshold => ({
  minConfidence: workspace.getConfiguration('verity.review').get<number>('minConfidence', 0.6),
  isDismissed: (fingerprint) => verity.memory.isDismissed(fingerprint),
});

async function review(
  verity: Verity,
  comparison: Comparison,
  { only }: Scope,
  token: CancellationToken,
  report: (message: string) => void,
): Promise<JudgedHunk[]> {
  report('reading the change');
  const { texts, names } = comparison;
  const contexts = await Promise.all(texts.map(contextOf));
  const files = texts.map(({ file, language, before, after, firstLine }, index) => ({
    file,
    language,
    before,
    after,
    context: contexts[index],
    ...(firstLine && { firstLine }),
    ...(only && { only }),
  }));
  let found: Hunk[] = [];
  let judged = 0;
  const shown: Promise<void>[] = [];
  const { hunks } = await verity.server.review({ files }, token, (partial) => {
    if (partial.kind === 'hunks') {
      found = partial.hunks;
      verity.findings.clear((finding) => isStale(finding, comparison, only));
      verity.panel.show(
        found.map(({ file, after }) => entry(`${file}:${after.startLine + 1}`, names, 'change')),
        (index) => void open(found[index], texts),
      );
      return;
    }
    verity.panel.send(partial);
    if (partial.kind !== 'judged') return;
    report(`${++judged} of ${found.length}`);
    const hunk = found[partial.index];
    if (hunk !== undefined)
      shown.push(addFinding(verity, comparison, { ...hunk, judgment: partial.judgment }));
  });
  await Promise.all(shown);
  if (hunks.length === 0)
    throw new Error('the change touches white space only, so there is nothing to judge.');
  return hunks;
}

/** Findings of what is judged again, whatever they were a comparison of. */
const isStale = (finding: Finding, { texts }: Comparison, only: LineRange | undefined): boolean =>
  texts.some(({ file }) => file === finding.file) &&
  (only === undefined || touches(finding.range, only) || touches(finding.judged.after, only));

/** Shows a hunk, if it is a finding, at its lines in the document, if they are still there. */
async function addFinding(
  verity: Verity,
  { source, names, texts }: Comparison,
  judged: JudgedHunk,
): Promise<void> {
  const text = textOf(judged, texts);
  if (text === undefined || assess(judged, thresholdOf(verity)) !== 'finding') return;
  const anchor = anchorIn(text, judged);
  const range = locate(anchor, linesOf((await workspace.openTextDocument(text.uri)).getText()));
  if (range === undefined) return;
  const uri = text.uri.toString();
  verity.findings.add({ uri, file: judged.file, source, names, judged, anchor, range });
}

/** A patch may have several texts of one file, each with its own lines. */
const textOf = ({ file, after }: Hunk, texts: readonly ComparedText[]): ComparedText | undefined =>
  texts.findLast((text) => text.file === file && (text.firstLine?.after ?? 0) <= after.startLine) ??
  texts.find((text) => text.file === file);

function anchorIn({ shown, before, after, firstLine }: ComparedText, hunk: Hunk) {
  if (typeof shown === 'object') return anchorOf(shown.lines, { startLine: 0, endLine: shown.lines.length });
  return shown === 'after'
    ? anchorOf(linesOf(after), hunk.after, firstLine?.after)
    : anchorOf(linesOf(before), hunk.before, firstLine?.before);
}

async function open(hunk: Hunk | undefined, texts: readonly ComparedText[]): Promise<void> {
  const text = hunk && textOf(hunk, texts);
  if (text === undefined) return;
  const document = await workspace.openTextDocument(text.uri);
  const place = locate(anchorIn(text, hunk!), linesOf(document.getText()));
  const line = place?.startLine ?? 0;
  await window.showTextDocument(document, { selection: new Range(line, 0, line, 0) });
}

/** The review in one line; nothing pops up beyond it. */
function conclude(verity: Verity, hunks: JudgedHunk[]): void {
  const threshold = thresholdOf(verity);
  verity.keepReview(hunks);
  tell(summaryLine(hunks, threshold));
}

function tell(message: string): void {
  void window.showInformationMessage(`Verity: ${message}`);
}
