/** How much of the text before a place is read: its end, in whole lines where there are any. */
import { VerityError } from '../runtime/errors.ts';

/** A model that reads the text. */
export interface Reader {
  /** Tokens of a text. */
  count: (text: string) => number;
  /** The most tokens that it has room for. */
  room: number;
}

/** No token is longer in any code worth completing; more text than that need not be looked at. */
const CHARACTERS_PER_TOKEN = 32;

/**
 * The longest end of a text, beginning with a line, that all readers have room for; of a last line that is too long
 * itself, its end.
 * @throws VerityError badInput if there is no text, contextOverflow if a reader has no room at all.
 */
export function fitPrompt(prefix: string, readers: readonly Reader[]): string {
  if (prefix === '')
    throw new VerityError(
      'badInput',
      'There is no text before the place; a completion needs some to go on from.',
    );
  return readers.reduce(fit, prefix);
}

function fit(text: string, { count, room }: Reader): string {
  if (room < 1)
    throw new VerityError(
      'contextOverflow',
      "The model's context has no room for a prompt beside the completion. Ask for fewer tokens.",
    );
  const near = text.slice(-CHARACTERS_PER_TOKEN * room);
  const lines = near.split(/(?<=\n)/);
  // A line that is cut is none.
  if (near.length < text.length && lines.length > 1) lines.shift();
  let first = lines.length;
  for (let left = room; first > 0; first--) {
    left -= count(lines[first - 1]!);
    if (left < 0) break;
  }
  // Lines by themselves may have fewer tokens than together.
  for (; first < lines.length; first++) {
    const end = lines.slice(first).join('');
    if (count(end) <= room) return end;
  }
  return endOf(lines.at(-1)!, { count, room });
}

/** The end of one line. */
function endOf(line: string, { count, room }: Reader): string {
  let end = line;
  for (let tokens = count(end); tokens > room; tokens = count(end)) {
    const kept = Math.floor((end.length * room) / tokens);
    end = end.slice(-Math.min(Math.max(1, kept), end.length - 1)).replace(/^[\uDC00-\uDFFF]/, '');
    if (end === '') return line.slice(-1);
  }
  return end;
}
