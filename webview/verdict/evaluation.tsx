/** The judge's comparison: what it quotes of both versions side by side, the rest as text. All of it is untrusted text. */
import type { PanelEntry } from '../../server/protocol/panel.ts';
import { Icon } from '../shared/icon.tsx';
import { Prose, withoutTags } from './prose.tsx';
import type { Letter } from './words.ts';

interface Quote {
  letter: Letter;
  code: string;
}

type Piece = { prose: string; letter?: Letter } | { quotes: Quote[] };

/** Neighbouring quotes belong together; summaries and what else stands between them is prose. */
function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  for (const part of text.split(/(<(?:quote|summary)_[AB]>[^]*?<\/(?:quote|summary)_[AB]>)/)) {
    const [, tag, letter, inside] = /^<(quote|summary)_([AB])>([^]*)<\/\1_\2>$/.exec(part) ?? [];
    const last = pieces.at(-1);
    if (tag === 'quote') {
      const quote = { letter: letter as Letter, code: inside!.trim() };
      if (last !== undefined && 'quotes' in last) last.quotes.push(quote);
      else pieces.push({ quotes: [quote] });
    } else if (tag === 'summary') pieces.push({ prose: inside!.trim(), letter: letter as Letter });
    else if (part.trim() !== '') pieces.push({ prose: withoutTags(part) });
  }
  return pieces;
}

interface EvaluationProps {
  text: string;
  names: PanelEntry['names'];
  /** The version that won, if one did. */
  chosen: Letter | undefined;
}

export function Evaluation({ text, names, chosen }: EvaluationProps) {
  return (
    <div class="evaluation">
      {piecesOf(text).map((piece, index) =>
        'prose' in piece ? (
          <p key={index} class="prose">
            {piece.letter !== undefined && <Chip letter={piece.letter} />}
            <Prose text={piece.prose} />
          </p>
        ) : (
          <div key={index} class="quotes">
            {piece.quotes.map((quote, place) => (
              <Quoted
                key={place}
                quote={quote}
                name={names[quote.letter]}
                isChosen={quote.letter === chosen}
                other={counterpart(quote, piece.quotes)}
              />
            ))}
          </div>
        ),
      )}
    </div>
  );
}

const Chip = ({ letter }: { letter: Letter }) => (
  <span class={`letter ${letter.toLowerCase()}`}>{letter}</span>
);

/** The other version's quote, where there is exactly one of each to compare. */
function counterpart(quote: Quote, quotes: Quote[]): string | undefined {
  const [first, second, ...others] = quotes;
  if (first === undefined || second === undefined || others.length > 0) return undefined;
  if (first.letter === second.letter) return undefined;
  return quote === first ? second.code : first.code;
}

interface QuotedProps {
  quote: Quote;
  name: string;
  isChosen: boolean;
  other: string | undefined;
}

/** Long quotes scroll on their own, and the keyboard must be able to reach what scrolls. */
const SCROLLS_FROM = 300;

function Quoted({ quote: { letter, code }, name, isChosen, other }: QuotedProps) {
  const { head, middle, tail } = difference(code, other ?? code);
  return (
    <figure class={`quote ${letter.toLowerCase()}`}>
      <figcaption>
        <Chip letter={letter} />
        <span class="name">{name}</span>
        {isChosen && (
          <span class="preferred">
            <Icon name="check" /> preferred
          </span>
        )}
      </figcaption>
      <pre tabIndex={code.length > SCROLLS_FROM ? 0 : undefined}>
        {head}
        {middle !== '' && <mark>{middle}</mark>}
        {tail}
      </pre>
    </figure>
  );
}

/** What of a text is its own, between the beginning and the end it shares with another; never half a word. */
function difference(text: string, other: string): { head: string; middle: string; tail: string } {
  const shorter = Math.min(text.length, other.length);
  let start = 0;
  while (start < shorter && text[start] === other[start]) start++;
  let end = 0;
  while (end < shorter - start && text.at(-1 - end) === other.at(-1 - end)) end++;
  if (start + end === text.length) return { head: text, middle: '', tail: '' };
  while (isWithinWord(text, start)) start--;
  while (isWithinWord(text, text.length - end)) end--;
  const stop = text.length - end;
  return { head: text.slice(0, start), middle: text.slice(start, stop), tail: text.slice(stop) };
}

const isWithinWord = (text: string, place: number): boolean =>
  /^\w\w$/.test(text.slice(Math.max(0, place - 1), place + 1));
