/** "Does This Follow?" at the conclusions of arguments in Markdown, "Prove" at assertions in code. */
import {
  CodeLens,
  type CodeLensProvider,
  type Disposable,
  EventEmitter,
  type TextDocument,
  workspace,
} from 'vscode';
import { argumentsIn } from './blocks.ts';
import { codeLanguage, conditionsIn, mayBeProved } from './code.ts';
import { range } from './results.ts';
import type { Span } from './sentences.ts';

const SETTING = 'verity.deduction.codeLens';
/** A longer document holds no argument that anyone checks by eye. */
const MAX_CHARACTERS = 200_000;

/** The languages whose documents may have a lens. */
export const DEDUCTION_LANGUAGES = [
  'markdown',
  'typescript',
  'typescriptreact',
  'javascript',
  'javascriptreact',
  'python',
];

export class DeductionLenses implements CodeLensProvider, Disposable {
  private readonly changed = new EventEmitter<void>();
  private readonly configuration: Disposable;
  readonly onDidChangeCodeLenses = this.changed.event;

  constructor() {
    this.configuration = workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(SETTING)) this.changed.fire();
    });
  }

  provideCodeLenses(document: TextDocument): CodeLens[] {
    const text = document.getText();
    if (!workspace.getConfiguration().get<boolean>(SETTING, true) || text.length > MAX_CHARACTERS) return [];
    const language = codeLanguage(document.languageId);
    if (language === undefined)
      return argumentsIn(text).map(({ conclusion }) =>
        lens(document, conclusion, 'Does This Follow?', 'verity.checkArgument'),
      );
    return conditionsIn(text, language)
      .filter((condition) => condition.kind === 'assertion' && mayBeProved(condition))
      .map((condition) => lens(document, condition, 'Prove', 'verity.proveAssertion'));
  }

  dispose(): void {
    this.configuration.dispose();
    this.changed.dispose();
  }
}

function lens(document: TextDocument, at: Span, title: string, command: string): CodeLens {
  const place = range(document, at);
  return new CodeLens(place, { title, command, arguments: [document.uri, place.start.line] });
}
