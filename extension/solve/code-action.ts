/** Offers "Solve with Agents" where quick fixes are offered: on problems that others found. */
import {
  CodeAction,
  CodeActionKind,
  type CodeActionContext,
  type CodeActionProvider,
  type Range,
  type TextDocument,
} from 'vscode';

export const SOLVE_DIAGNOSTIC = 'verity.solveDiagnostic';

export const SOLVE_KINDS = [CodeActionKind.QuickFix];

export class SolveActions implements CodeActionProvider {
  provideCodeActions(document: TextDocument, _range: Range, context: CodeActionContext): CodeAction[] {
    const [problem] = context.diagnostics.filter(({ source }) => source !== 'Verity');
    if (problem === undefined) return [];
    const action = new CodeAction('Verity: Solve with Agents', CodeActionKind.QuickFix);
    action.diagnostics = [problem];
    action.command = {
      command: SOLVE_DIAGNOSTIC,
      title: 'Solve with Agents',
      arguments: [document.uri, problem.range],
    };
    return [action];
  }
}
