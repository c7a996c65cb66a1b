/** What a chat request asks for, read from its text and what is attached to it. */
import { type Piece, piecesOf } from '../solve/answer.ts';

export interface NamedText {
  name: string;
  text: string;
}

/** The two versions to judge: attachments, else code blocks of the prompt; the rest says what the code is meant to do. */
export function pairIn(
  prompt: string,
  attached: readonly NamedText[],
): { a: NamedText; b: NamedText; instruction: string | undefined } | undefined {
  const pieces = piecesOf(prompt);
  const blocks = pieces.filter(isCode).map(({ code }, index) => ({ name: `block ${index + 1}`, text: code }));
  const [a, b, ...others] = [...attached, ...blocks];
  if (a === undefined || b === undefined || others.length > 0) return undefined;
  const said = pieces.flatMap((piece) => ('prose' in piece ? [piece.prose] : [])).join('\n');
  return { a, b, instruction: said === '' ? undefined : said };
}

const isCode = (piece: Piece): piece is Extract<Piece, { code: string }> => 'code' in piece;

/** The last sentence that asks is the question; every other sentence, or line, is a premise. */
export function premisesIn(text: string): { premises: string[]; question: string } | undefined {
  const sentences = text
    .split(/\n+|(?<=[.!?])\s+(?=["'(]?\p{Lu})/u)
    .map((sentence) => sentence.replace(/^\s*(?:[-*•]|\d+[.)])\s+/, '').trim())
    .filter((sentence) => sentence !== '');
  const place = sentences.findLastIndex((sentence) => sentence.endsWith('?'));
  if (place < 0) return undefined;
  const premises = sentences.filter((_, index) => index !== place);
  return premises.length === 0 ? undefined : { premises, question: sentences[place]! };
}
