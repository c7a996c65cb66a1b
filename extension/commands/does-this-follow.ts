/** Does This Follow? Statements of a text are the premises; the conclusion is written there too, or typed. */
import { type Selection, type TextDocument, type Uri, window, workspace } from 'vscode';
import type { Deduction } from '../../server/protocol/deduction.ts';
import { plural } from '../../server/review/findings.ts';
import { askOfText, type Asked } from '../deduction/asked.ts';
import { type Argument, argumentsIn } from '../deduction/blocks.ts';
import { deduce, NothingToAsk } from '../deduction/deducing.ts';
import { type Sentence, type Span, splitSentences } from '../deduction/sentences.ts';
import type { Verity } from '../verity.ts';

/** As many and as long as the server takes. */
const MAX_PREMISES = 500;
const MAX_LENGTH = 2000;

/** Asks what the active editor has selected, or the argument that its cursor is in. */
export const doesThisFollow = (verity: Verity): Promise<Deduction | undefined> => deduce(verity, fromEditor);

/** Asks whether an argument's conclusion follows. @param line of the conclusion. */
export const checkArgument = (verity: Verity, uri: Uri, line: number): Promise<Deduction | undefined> =>
  deduce(verity, async () => fromArgument(await workspace.openTextDocument(uri), line));

async function fromEditor(): Promise<Asked | undefined> {
  const editor = window.activeTextEditor;
  if (editor === undefined) throw new NothingToAsk(HOW_TO_ASK);
  const { document, selection } = editor;
  const selections = editor.selections
    .filter(({ isEmpty }) => !isEmpty)
    .toSorted((one, other) => one.start.compareTo(other.start));
  if (selections.length === 0) return fromArgument(document, selection.active.line);
  if (selections.length > 1) return fromSelections(document, selections);
  return fromSelection(document, selections[0]!);
}

const HOW_TO_ASK =
  'select the premises, or put the cursor into lines that begin with “premise:” and “therefore:”.';

/** The argument whose lines the given one is among. */
function fromArgument(document: TextDocument, line: number): Asked {
  const lineOf = (offset: number) => document.positionAt(offset).line;
  const here = argumentsIn(document.getText()).find(
    ({ premises, conclusion }) => lineOf(premises[0]!.start) <= line && line <= lineOf(conclusion.end),
  );
  if (here === undefined) throw new NothingToAsk(HOW_TO_ASK);
  return fromParts(document, here);
}

/** The last selection of the document is the conclusion. */
function fromSelections(document: TextDocument, selections: readonly Selection[]): Asked {
  const premises = selections.slice(0, -1).flatMap((each) => sentencesIn(document, each));
  const conclusion = sentencesIn(document, selections.at(-1)!);
  const [first, last] = [conclusion[0], conclusion.at(-1)];
  if (premises.length === 0 || first === undefined || last === undefined) throw new NothingToAsk(HOW_TO_ASK);
  const text = conclusion.map((each) => each.text).join(' ');
  return fromParts(document, { premises, conclusion: { start: first.start, end: last.end, text } });
}

/** An argument is selected as a whole, or premises whose conclusion is typed. */
async function fromSelection(document: TextDocument, selection: Selection): Promise<Asked | undefined> {
  const offset = document.offsetAt(selection.start);
  const [argument] = argumentsIn(document.getText(selection));
  if (argument !== undefined)
    return fromParts(document, {
      premises: argument.premises.map((premise) => moved(premise, offset)),
      conclusion: moved(argument.conclusion, offset),
    });
  const premises = sentencesIn(document, selection);
  if (premises.length === 0) throw new NothingToAsk('the selection has no sentence that could be a premise.');
  const question = await window.showInputBox({
    title: `What follows from ${plural(premises.length, 'premise')}?`,
    prompt: 'A statement to prove or refute, or a question',
    placeHolder: 'Socrates is mortal.',
    validateInput: (text) => (text.length > MAX_LENGTH ? `At most ${MAX_LENGTH} characters.` : undefined),
  });
  if (question === undefined || question.trim() === '') return undefined;
  return asked(document, premises, question.trim(), premises.at(-1)!);
}

const sentencesIn = (document: TextDocument, selection: Selection): Sentence[] =>
  splitSentences(document.getText(selection), document.offsetAt(selection.start));

const moved = (sentence: Sentence, by: number): Sentence => ({
  ...sentence,
  start: sentence.start + by,
  end: sentence.end + by,
});

const fromParts = (document: TextDocument, { premises, conclusion }: Argument): Asked =>
  asked(document, premises, conclusion.text, conclusion);

function asked(document: TextDocument, premises: readonly Sentence[], question: string, at: Span): Asked {
  if (premises.length > MAX_PREMISES)
    throw new NothingToAsk(`${premises.length} premises are too many; select at most ${MAX_PREMISES}.`);
  const long = [...premises.map(({ text }) => text), question].find(({ length }) => length > MAX_LENGTH);
  if (long !== undefined)
    throw new NothingToAsk(
      `“${long.slice(0, 40)}…” has more than ${MAX_LENGTH} characters; split it into sentences.`,
    );
  return askOfText(document, premises, question, at);
}
