/**
 * Reads a judge's tagged output (RM-R1) while it is written. Output may be cut off or broken anywhere: a part that
 * never closes runs to the next part or to the end. Only the verdict is strict, for a wrong guess is worse than none.
 */
import type { Reasoning } from '../protocol/judgment.ts';

export interface TaggedOutput {
  reasoning: Reasoning;
  /** null unless the output ends in one answer tag that holds exactly one of the two markers. */
  verdict: 'A' | 'B' | null;
}

const PARTS = ['type', 'rubric', 'solution', 'eval', 'answer'] as const;
type Part = (typeof PARTS)[number];
type Parts = Map<Part, string>;

const OPENING = new RegExp(`<(${PARTS.join('|')})>`, 'g');
const LONGEST_OPENING = '<solution>'.length;
const FINAL_ANSWER = /<answer>((?:(?!<\/?answer>)[^])*)<\/answer>\s*$/;
const THINKING_END = '</think>';

/** Reads an output piece by piece. However it is cut into pieces, what is read of it is the same. */
export class TagReader {
  private text = '';
  /** Where the parts begin: behind the thinking. Undefined while no end of thinking has come. */
  private thinkingEnd: number | undefined;
  /** Everything before this place is settled: no later text changes what was read of it. */
  private settled = 0;
  /** Where to look on for the end of the part that begins at `settled`; text before was searched in vain. */
  private searched = 0;
  private parts: Parts = new Map();

  push(delta: string): this {
    const before = this.text.length;
    this.text += delta;
    if (this.thinkingEnd === undefined) this.findThinkingEnd(before);
    this.settle();
    return this;
  }

  /** What there is of the output so far. */
  read(): TaggedOutput {
    const { thinking, start } = this.thinking();
    const isThinking = start === this.text.length;
    const parts = new Map<Part, string>(isThinking ? [] : this.parts);
    if (!isThinking) readBroken(this.text, Math.max(start, this.settled), parts);
    return {
      reasoning: {
        type: parts.get('type') ?? null,
        solution: parts.get('solution') ?? null,
        rubric: parts.get('rubric') ?? null,
        evaluation: parts.get('eval') ?? null,
        thinking,
      },
      verdict: finalVerdict(this.text.slice(start)),
    };
  }

  /** Reasoning models think before they answer; some templates open the tag for them, so only its end is certain. */
  private findThinkingEnd(from: number): void {
    const end = this.text.indexOf(THINKING_END, Math.max(0, from - THINKING_END.length));
    if (end < 0) return;
    this.thinkingEnd = end;
    this.parts.clear();
    this.settled = this.searched = end + THINKING_END.length;
  }

  private thinking(): { thinking: string | null; start: number } {
    const { text, thinkingEnd } = this;
    if (thinkingEnd !== undefined) {
      const thinking = text.slice(0, thinkingEnd).replace(/^\s*<think>/, '');
      return { thinking: thinking.trim(), start: thinkingEnd + THINKING_END.length };
    }
    const open = /^\s*<think>/.exec(text);
    if (open === null) return { thinking: null, start: 0 };
    return { thinking: text.slice(open[0].length).trim(), start: text.length };
  }

  /** Takes the parts that have closed. The end of the text may still become an opening, so it stays. */
  private settle(): void {
    for (;;) {
      const opening = nextOpening(this.text, this.settled);
      if (opening === null) {
        this.settled = Math.max(this.settled, this.text.length - LONGEST_OPENING + 1);
        return;
      }
      const { part, start } = opening;
      const close = this.text.indexOf(`</${part}>`, Math.max(start, this.searched));
      this.settled = opening.index;
      if (close < 0) {
        this.searched = this.text.length - LONGEST_OPENING;
        return;
      }
      keep(this.parts, part, this.text.slice(start, close));
      this.settled = this.searched = close + part.length + 3;
    }
  }
}

/** Reads a whole output, or what there is of it so far. Never throws. */
export const parseTags = (output: string): TaggedOutput => new TagReader().push(output).read();

/** Reads from a place on as if nothing more came: what has not closed ends at the next part. */
function readBroken(text: string, from: number, parts: Parts): void {
  const unclosed = new Set<Part>();
  for (let opening = nextOpening(text, from); opening !== null;) {
    const { part, start } = opening;
    const close = unclosed.has(part) ? -1 : text.indexOf(`</${part}>`, start);
    if (close < 0) unclosed.add(part);
    const next = nextOpening(text, start);
    const end = close >= 0 ? close : (next?.index ?? text.length);
    keep(parts, part, text.slice(start, end));
    opening = close >= 0 ? nextOpening(text, close + part.length + 3) : next;
  }
}

/** The first of each part counts, but for the answer, where the last one does. */
function keep(parts: Parts, part: Part, content: string): void {
  if (part === 'answer' || !parts.has(part)) parts.set(part, content.trim());
}

function nextOpening(text: string, from: number): { part: Part; index: number; start: number } | null {
  OPENING.lastIndex = from;
  const found = OPENING.exec(text);
  return found && { part: found[1] as Part, index: found.index, start: found.index + found[0].length };
}

function finalVerdict(text: string): 'A' | 'B' | null {
  const inside = FINAL_ANSWER.exec(text)?.[1];
  if (inside === undefined) return null;
  const [a, b] = [inside.includes('[[A]]'), inside.includes('[[B]]')];
  if (a === b) return null;
  return a ? 'A' : 'B';
}

const swapLetter = (letter: string): string => (letter === 'A' ? 'B' : 'A');

/** Words after which a lone A or B names a version and is no article or initial. */
const BEFORE =
  '[Cc]hatbot|[Rr]esponse|[Vv]ersion|[Aa]ssistant|[Ss]olution|[Aa]nswer|[Oo]ption|[Cc]ode|[Uu]nlike|[Bb]oth|[Oo]nly|[Ww]hile|[Ww]hereas|[Bb]ut|[Bb]ecause|than|over|to|from|with|in|of|by|for|prefer|and|or|that';
/** Verbs and the like before which it does. */
const AFTER =
  "(?:is|was|does|did|has|would|will|can|could|should)(?:n't)?|lacks|uses|keeps|fails|handles|returns|correctly|also|never|and [AB]|or [AB]";
/** One pattern, so that no letter is exchanged twice. */
const LETTER = new RegExp(
  String.raw`(?<=\b(?:${BEFORE}) )[AB]\b|\b[AB](?='s\b| (?:${AFTER})\b)|(?<=\[\[)[AB](?=\]\])`,
  'g',
);

/**
 * Exchanges the letters in a text that was written with the sides swapped, so that A and B mean the same in both
 * orders: quote and summary tags, `[[A]]`, `version A`, `A is …`, `than A`. Quoted code and other capitals stay.
 */
export function swapLetters(text: string): string {
  return outsideQuotes(text, (prose) => prose.replace(LETTER, swapLetter)).replace(
    /<(\/?)(quote|summary)_([AB])>/g,
    (_, slash: string, tag: string, letter: string) => `<${slash}${tag}_${swapLetter(letter)}>`,
  );
}

/** Applies a change to all but `quote` elements and text in backticks. */
function outsideQuotes(text: string, change: (prose: string) => string): string {
  return text
    .split(/(<quote_[AB]>[^]*?<\/quote_[AB]>|`[^`\n]*`)/)
    .map((piece, index) => (index % 2 === 0 ? change(piece) : piece))
    .join('');
}

/** The reasoning with its letters exchanged. */
export function swapReasoning(reasoning: Reasoning): Reasoning {
  const swap = (text: string | null) => (text === null ? null : swapLetters(text));
  return {
    ...reasoning,
    rubric: swap(reasoning.rubric),
    evaluation: swap(reasoning.evaluation),
    thinking: swap(reasoning.thinking),
  };
}

/** An evaluation as a person reads it: quote tags become `A: …` lines, summaries plain text. */
export function readableEvaluation(evaluation: string): string {
  return evaluation
    .replace(
      /<quote_([AB])>([^]*?)<\/quote_\1>/g,
      (_, letter: string, quote: string) => `${letter}: ${quote.trim()}`,
    )
    .replace(/<\/?(?:summary_[AB]|justify|quote_[AB])>/g, '')
    .trim();
}
