/** Questions about conditions in code: do they always hold, can their branch be entered, do two of them agree? */
import { type TextDocument, type Uri, window, workspace } from 'vscode';
import type { DeduceCodeParams, Deduction } from '../../server/protocol/deduction.ts';
import { askOfCode, type Asked } from '../deduction/asked.ts';
import {
  branchAround,
  type CodeLanguage,
  codeLanguage,
  conditionAt,
  conditionsIn,
} from '../deduction/code.ts';
import { deduce, NothingToAsk } from '../deduction/deducing.ts';
import type { Span } from '../deduction/sentences.ts';
import type { Verity } from '../verity.ts';

/** As much as the server takes. */
const MAX_CHARACTERS = 200_000;

/** Where in the code something is asked. */
interface Spot {
  document: TextDocument;
  language: CodeLanguage;
  line: number;
  /** What is selected there, in the document's order. */
  selected: (Span & { text: string })[];
}

type Question = DeduceCodeParams['question'];

/** Asks about the condition that is selected, or at the cursor, or typed. */
export const alwaysHolds = (verity: Verity): Promise<Deduction | undefined> =>
  deduce(verity, () => holds(spotOfEditor()));

/** Asks whether the assertion at a line always holds. */
export const proveAssertion = (verity: Verity, uri: Uri, line: number): Promise<Deduction | undefined> =>
  deduce(verity, async () => holds(spotOf(await workspace.openTextDocument(uri), line)));

/** Asks about the branch that the cursor is in. */
export const canBeReached = (verity: Verity): Promise<Deduction | undefined> =>
  deduce(verity, () => Promise.resolve(reachable(spotOfEditor())));

/** Asks about two selections, or about one and what is typed. */
export const conditionsAgree = (verity: Verity): Promise<Deduction | undefined> =>
  deduce(verity, () => agree(spotOfEditor()));

async function holds(spot: Spot): Promise<Asked | undefined> {
  const { document, language } = spot;
  const here = spot.selected[0] ?? conditionAt(conditionsIn(document.getText(), language), spot.line);
  const condition =
    here?.text ?? (await typed(`Which condition should always hold at line ${spot.line + 1}?`));
  if (condition === undefined) return undefined;
  const at = here === undefined ? spot.line : document.positionAt(here.start).line;
  const question: Question = { kind: 'holds', condition, line: at };
  const words = `Does “${shortened(condition)}” always hold at line ${at + 1}?`;
  return ask(spot, question, words, here ?? endOf(document, at));
}

function reachable(spot: Spot): Asked {
  const code = spot.document.getText();
  const branch = branchAround(code, conditionsIn(code, spot.language), spot.line);
  if (branch === undefined) throw new NothingToAsk('put the cursor into an if or while statement.');
  const words = `Can the branch on “${shortened(branch.text)}” at line ${branch.line + 1} be entered?`;
  return ask(spot, { kind: 'reachable', line: branch.line }, words, branch);
}

async function agree(spot: Spot): Promise<Asked | undefined> {
  const [one, other] = spot.selected;
  const first = one ?? conditionAt(conditionsIn(spot.document.getText(), spot.language), spot.line);
  if (first === undefined)
    throw new NothingToAsk('select two conditions, or one, and run this command again.');
  const second =
    other?.text ?? (await typed(`Which condition should agree with “${shortened(first.text)}”?`));
  if (second === undefined) return undefined;
  const words = `Do “${shortened(first.text)}” and “${shortened(second)}” agree?`;
  return ask(spot, { kind: 'agree', first: first.text, second }, words, other ?? first);
}

function spotOfEditor(): Spot {
  const editor = window.activeTextEditor;
  if (editor === undefined) throw new NothingToAsk('open a TypeScript, JavaScript or Python file.');
  const selections = editor.selections
    .filter(({ isEmpty }) => !isEmpty)
    .toSorted((one, two) => one.start.compareTo(two.start));
  const { document } = editor;
  return spotOf(
    document,
    editor.selection.active.line,
    selections.map((each) => ({
      text: document.getText(each).trim(),
      start: document.offsetAt(each.start),
      end: document.offsetAt(each.end),
    })),
  );
}

function spotOf(document: TextDocument, line: number, selected: Spot['selected'] = []): Spot {
  const language = codeLanguage(document.languageId);
  if (language === undefined)
    throw new NothingToAsk('conditions can be asked about in TypeScript, JavaScript and Python.');
  if (document.getText().length > MAX_CHARACTERS)
    throw new NothingToAsk(`the file has more than ${MAX_CHARACTERS} characters.`);
  return { document, language, line, selected };
}

const ask = ({ document, language }: Spot, question: Question, words: string, at: Span): Asked =>
  askOfCode(document, language, question, words, at);

async function typed(title: string): Promise<string | undefined> {
  const text = await window.showInputBox({ title, placeHolder: 'x > 0' });
  return text?.trim() === '' ? undefined : text?.trim();
}

function endOf(document: TextDocument, line: number): Span {
  const end = document.offsetAt(document.lineAt(line).range.end);
  return { start: end, end };
}

/** On one line, as much as a title bears. */
function shortened(text: string): string {
  const flat = text.replace(/\s+/g, ' ');
  return flat.length > 60 ? `${flat.slice(0, 59)}…` : flat;
}
