/** A place as a document has it. */
import { Position, Range, type TextDocument, workspace } from 'vscode';
import { type Place, placeIn } from './place.ts';

/** @param replaced what a completion would take the place of; empty at a cursor. */
export function placeAt(document: TextDocument, replaced: Range): Place {
  const start = new Position(0, 0);
  const { end } = document.lineAt(document.lineCount - 1).range;
  return placeIn(
    document.getText(new Range(start, replaced.start)),
    document.getText(new Range(replaced.end, end)),
  );
}

/** `src/cart.ts:14`. */
export const titleOf = (document: TextDocument, { line }: Position): string =>
  `${workspace.asRelativePath(document.uri)}:${line + 1}`;
