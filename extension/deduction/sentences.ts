/** A text's statements, each with its place: a result must be shown at the lines that it is about. */

/** Characters from `start` up to `end` of a text. */
export interface Span {
  start: number;
  end: number;
}

export interface Sentence extends Span {
  /** On one line, without list markers. */
  text: string;
}

/** What stands before a list item's or a quotation's own text. */
const MARKER =
  /^[ \t]*(?:>[ \t]*)*(?:(?:[-*+•–]|\d{1,3}[.)]|\(\d{1,3}\)|[a-z][.)])[ \t]+)?(?:\[[ xX]\][ \t]+)?/;
const ITEM = /^[ \t]*(?:>[ \t]*)*(?:[-*+•–]|\d{1,3}[.)]|\(\d{1,3}\)|[a-z][.)])[ \t]+/;
const HEADING_OR_RULE = /^[ \t]*(?:#{1,6}[ \t]|(?:[-*_=][ \t]*){3,}$)/;

/** A full stop after these ends no sentence; after the last ones only if a number follows. */
const ABBREVIATION =
  /(?:^|[\s("'“‘[])(?:mr|mrs|ms|dr|prof|st|jr|sr|vs|cf|approx|e\.g|i\.e|viz|al|inc|ltd|co|dept|est|[A-Z]|[a-z](?:\.[a-z])+)\.\s*$/i;
const BEFORE_NUMBER = /(?:^|[\s("'“‘[])(?:no|nos|fig|eq|sec|ch|p|pp|vol|art|ex)\.\s*$/i;

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

/**
 * Splits a text into its sentences. Every list item begins a new one, a line that was merely wrapped does not, and
 * Markdown's headings are none.
 * @param offset of the text in its document; added to every span.
 */
export function splitSentences(text: string, offset = 0): Sentence[] {
  return paragraphs(text)
    .flatMap(({ start, end }) =>
      sentencesOf(text.slice(start, end)).map((span) =>
        sentence(text, { start: start + span.start, end: start + span.end }, offset),
      ),
    )
    .filter(({ text: words }) => /[\p{L}\p{N}]/u.test(words));
}

/** Runs of lines that belong together, without the marker before them. */
function paragraphs(text: string): Span[] {
  const found: Span[] = [];
  let current: Span | undefined;
  for (const { start, end } of linesOf(text)) {
    const line = text.slice(start, end);
    if (line.replace(MARKER, '').trim() === '' || HEADING_OR_RULE.test(line)) current = undefined;
    else if (current === undefined || ITEM.test(line)) {
      current = { start: start + MARKER.exec(line)![0].length, end };
      found.push(current);
    } else current.end = end;
  }
  return found;
}

function linesOf(text: string): Span[] {
  let start = 0;
  return text.split('\n').map((line) => {
    const span = { start, end: start + line.length };
    start = span.end + 1;
    return span;
  });
}

/** Unicode's own rule (UAX #29), which knows no abbreviations: what it cut after one is put together again. */
function sentencesOf(paragraph: string): Span[] {
  const spans: Span[] = [];
  let start = 0;
  const flat = paragraph.replace(/[\r\n]/g, ' ');
  for (const { index, segment } of segmenter.segment(flat)) {
    const end = index + segment.length;
    const soFar = flat.slice(start, end);
    const isCutShort = ABBREVIATION.test(soFar) || (BEFORE_NUMBER.test(soFar) && /^\d/.test(flat.slice(end)));
    if (isCutShort && end < flat.length) continue;
    spans.push({ start, end });
    start = end;
  }
  return spans;
}

/** The span without space around it, and its words on one line. Quotation marks at wrapped lines are no words. */
function sentence(text: string, { start, end }: Span, offset: number): Sentence {
  const raw = text.slice(start, end);
  const from = start + (raw.length - raw.trimStart().length);
  const to = start + raw.trimEnd().length;
  const words = text
    .slice(from, Math.max(from, to))
    .replace(/\s*\n[ \t]*(?:>[ \t]*)*/g, ' ')
    .replaceAll('**', '')
    .trim();
  return { start: offset + from, end: offset + Math.max(from, to), text: words };
}
