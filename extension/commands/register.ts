/** Every command of the palette and the menus, by name. */
import { commands, type ExtensionContext, type Range, type Uri, window } from 'vscode';
import type { LineRange } from '../../server/protocol/judgment.ts';
import { cancelCurrent } from '../judging.ts';
import { runReview } from '../review/review.ts';
import type { Verity } from '../verity.ts';
import { chooseBest } from './choose-best.ts';
import { explainLatest, showStatus } from './explain.ts';
import { exportReview } from './export-review.ts';
import { forgetDismissed, judgeAgain, why, withFinding } from './finding-actions.ts';
import { judgeClipboard } from './judge-clipboard.ts';
import { judgeFiles } from './judge-files.ts';
import { JUDGE_FIX, judgeFix } from './judge-fix.ts';
import { judgeSelections } from './judge-selections.ts';
import { judgeChange, judgeFunction, reviewBranch, reviewPatch } from './review.ts';

export function registerCommands(context: ExtensionContext, verity: Verity): void {
  const { version } = context.extension.packageJSON as { version: string };
  const handlers: Record<string, (...args: never[]) => unknown> = {
    'verity.judgeChange': () => judgeChange(verity),
    'verity.reviewWorkingTree': () => runReview(verity, { kind: 'workingTree' }),
    'verity.reviewStaged': () => runReview(verity, { kind: 'staged' }),
    'verity.reviewLastCommit': () => runReview(verity, { kind: 'lastCommit' }),
    'verity.reviewBranch': () => reviewBranch(verity),
    'verity.reviewPatch': (clicked?: Uri) => reviewPatch(verity, clicked),
    'verity.judgeFunction': (uri: Uri, range: LineRange) => judgeFunction(verity, uri, range),
    'verity.judgeSelections': () => judgeSelections(verity),
    'verity.chooseBest': () => chooseBest(verity),
    'verity.judgeClipboard': () => judgeClipboard(verity),
    'verity.judgeFiles': (clicked?: Uri, selected?: Uri[]) => judgeFiles(verity, clicked, selected),
    [JUDGE_FIX]: (uri: Uri, range: Range) => judgeFix(verity, uri, range),
    'verity.why': withFinding(verity, (finding) => why(verity, finding)),
    'verity.judgeAgain': withFinding(verity, (finding) => judgeAgain(verity, finding)),
    'verity.resolve': withFinding(verity, (finding) => verity.findings.setResolved(finding, true)),
    'verity.reopen': withFinding(verity, (finding) => verity.findings.setResolved(finding, false)),
    'verity.dismiss': withFinding(verity, (finding) => verity.findings.dismiss(finding)),
    'verity.forgetDismissed': () => forgetDismissed(verity),
    'verity.exportReview': () => exportReview(verity, version),
    'verity.showVerdict': () => verity.panel.reveal(),
    'verity.showStatus': () => showStatus(verity),
    'verity.whyNothing': () => explainLatest(verity),
    'verity.restartServer': () =>
      verity.server.restart().catch((error: unknown) => window.showErrorMessage(`Verity: ${String(error)}`)),
    'verity.clearJudgments': () => verity.findings.clear(),
    'verity.cancel': () => cancelCurrent(),
  };
  for (const [name, handler] of Object.entries(handlers))
    context.subscriptions.push(commands.registerCommand(name, handler as (...args: unknown[]) => unknown));
}
