/** Findings as entries of the Problems view, where the user wants them there. */
import { Diagnostic, DiagnosticSeverity, type Disposable, languages, Uri, workspace } from 'vscode';
import { severityOf } from '../../server/review/findings.ts';
import { threadLabel } from '../markdown.ts';
import { rangeOf } from './comments.ts';
import type { Finding } from './finding.ts';
import type { Findings } from './findings.ts';

const SETTING = 'verity.review.problems';

export class FindingProblems implements Disposable {
  private readonly findings: Findings;
  private readonly collection = languages.createDiagnosticCollection('verity');
  private readonly subscriptions: Pick<Disposable, 'dispose'>[];

  constructor(findings: Findings) {
    this.findings = findings;
    this.subscriptions = [
      findings.onDidChange(() => this.render()),
      workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration(SETTING)) this.render();
      }),
      this.collection,
    ];
  }

  private render(): void {
    this.collection.clear();
    if (!workspace.getConfiguration().get<boolean>(SETTING, false)) return;
    const open = this.findings.all.filter(({ resolved }) => !resolved);
    for (const uri of new Set(open.map((finding) => finding.uri)))
      this.collection.set(Uri.parse(uri), open.filter((finding) => finding.uri === uri).map(diagnostic));
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}

function diagnostic(finding: Finding): Diagnostic {
  const { judgment } = finding.judged;
  const severity =
    severityOf(judgment) === 'warning' ? DiagnosticSeverity.Warning : DiagnosticSeverity.Information;
  const problem = new Diagnostic(rangeOf(finding), threadLabel(judgment), severity);
  problem.source = 'Verity';
  return problem;
}
