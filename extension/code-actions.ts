/** Offers "Judge This Fix" where quick fixes are offered: on problems that others found. */
import {
  CodeAction,
  CodeActionKind,
  type CodeActionContext,
  type CodeActionProvider,
  type Range,
  type TextDocument,
  workspace,
} from 'vscode';
import { JUDGE_FIX } from './commands/judge-fix.ts';

export const FIX_KINDS = [CodeActionKind.QuickFix];

export class FixJudge implements CodeActionProvider {
  /** Which fixes there are is asked when the user chooses it: to ask now would ask every provider twice. */
  provideCodeActions(document: TextDocument, range: Range, context: CodeActionContext): CodeAction[] {
    const isWanted = workspace.getConfiguration('verity').get<boolean>('judgeFixes', true);
    const problems = context.diagnostics.filter(({ source }) => source !== 'Verity');
    if (!isWanted || problems.length === 0) return [];
    const action = new CodeAction('Verity: Judge This Fix', CodeActionKind.QuickFix);
    action.command = {
      command: JUDGE_FIX,
      title: 'Judge This Fix',
      arguments: [document.uri, problems[0]?.range ?? range],
    };
    return [action];
  }
}
