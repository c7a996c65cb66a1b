/** Findings as icons in the gutter and marks in the overview ruler. */
import {
  type Disposable,
  OverviewRulerLane,
  type TextEditor,
  type TextEditorDecorationType,
  ThemeColor,
  Uri,
  window,
} from 'vscode';
import { severityOf, type Severity } from '../../server/review/findings.ts';
import { rangeOf } from './comments.ts';
import type { Findings } from './findings.ts';

export class FindingMarks implements Disposable {
  private readonly findings: Findings;
  private readonly types: Record<Severity, TextEditorDecorationType>;
  private readonly subscriptions: Disposable[];

  constructor(findings: Findings, extensionUri: Uri) {
    this.findings = findings;
    this.types = {
      warning: mark(extensionUri, 'warning', 'editorOverviewRuler.warningForeground'),
      note: mark(extensionUri, 'note', 'editorOverviewRuler.infoForeground'),
    };
    const renderAll = () => window.visibleTextEditors.forEach((editor) => this.render(editor));
    this.subscriptions = [
      findings.onDidChange(renderAll),
      window.onDidChangeVisibleTextEditors(renderAll),
      ...Object.values(this.types),
    ];
  }

  private render(editor: TextEditor): void {
    const open = this.findings.of(editor.document.uri).filter(({ resolved }) => !resolved);
    for (const severity of ['warning', 'note'] as const) {
      const own = open.filter(({ judged }) => severityOf(judged.judgment) === severity);
      editor.setDecorations(this.types[severity], own.map(rangeOf));
    }
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}

const mark = (extensionUri: Uri, severity: Severity, color: string): TextEditorDecorationType =>
  window.createTextEditorDecorationType({
    gutterIconPath: Uri.joinPath(extensionUri, 'media', `gutter-${severity}.svg`),
    gutterIconSize: '75%',
    overviewRulerColor: new ThemeColor(color),
    overviewRulerLane: OverviewRulerLane.Right,
    isWholeLine: true,
  });
