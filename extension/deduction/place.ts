/** Where a question and its premises stand while the user types, and whether they are still what was asked about. */
import type { Span } from './sentences.ts';

/** Whole lines of a document, each as a span from its first character to its last. */
export interface Place {
  question: Span;
  premises: readonly Span[];
  /** Whether the result rests on the whole document, as it does in code. */
  isWhole: boolean;
}

/** A replacement as the editor tells it. */
export interface Edit {
  offset: number;
  /** Of what was there before. */
  length: number;
  text: string;
  /** Whether it begins at the first column. */
  startsLine: boolean;
}

/** The place after an edit; undefined if what was asked about is no longer what stands there. */
export function afterEdit(place: Place, edit: Edit): Place | undefined {
  if (place.isWhole || [place.question, ...place.premises].some((span) => touches(span, edit)))
    return undefined;
  const move = (span: Span) => moved(span, edit);
  return { ...place, question: move(place.question), premises: place.premises.map(move) };
}

/** New lines above or below whole lines leave them as they are; anything else beside them becomes part of them. */
function touches({ start, end }: Span, { offset, length, text, startsLine }: Edit): boolean {
  const editEnd = offset + length;
  if (offset > end || editEnd < start) return false;
  if (offset === end) return !/^\r?\n/.test(text);
  if (editEnd === start) return text === '' ? !startsLine : !text.endsWith('\n');
  return true;
}

function moved({ start, end }: Span, { offset, length, text }: Edit): Span {
  const by = offset + length <= start ? text.length - length : 0;
  return { start: start + by, end: end + by };
}
