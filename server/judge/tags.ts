/**
 * Reads a judge's tagged output (RM-R1). Output may be cut off or broken anywhere: a part that never closes runs to
 * the next part or to the end. Only the verdict is strict, for a wrong guess is worse than none.
 */
import type { Reasoning } from '../protocol/judgment.ts';

export interface TaggedOutput {
  reasoning: Reasoning;
  /** null unless the output ends in one answer tag that holds exactly one of the two markers. */
  verdict: 'A' | 'B' | null;
}

const PARTS = ['type', 'rubric', 'solution', 'eval', 'answer'] as const;
type Part = (typeof PARTS)[number];

const OPENING = new RegExp(`<(${PARTS.join('|')})>`, 'g');
const FINAL_ANSWER = /<answer>((?:(?!<\/?answer>)[^])*)<\/answer>\s*$/;
const THINKING_END = '</think>';

/** Reads a whole output, or what there is of it so far. Never throws. */
export function parseTags(output: string): TaggedOutput {
  const { thinking, rest } = splitThinking(output);
  const parts = new Map<Part, string>();
  for (let opening = nextOpening(rest, 0); opening !== null;) {
    const [tag, part] = [opening[0], opening[1] as Part];
    const start = opening.index + tag.length;
    const close = rest.indexOf(`</${part}>`, start);
    const next = nextOpening(rest, start);
    const end = close >= 0 ? close : (next?.index ?? rest.length);
    // The first of each part counts, but for the answer, where the last one does.
    if (part === 'answer' || !parts.has(part)) parts.set(part, rest.slice(start, end).trim());
    opening = nextOpening(rest, close >= 0 ? close + part.length + 3 : end);
  }
  return {
    reasoning: {
      type: parts.get('type') ?? null,
      solution: parts.get('solution') ?? null,
      rubric: parts.get('rubric') ?? null,
      evaluation: parts.get('eval') ?? null,
      thinking,
    },
    verdict: finalVerdict(rest),
  };
}

/** Reasoning models think before they answer; some templates open the tag for them, so only its end is certain. */
function splitThinking(output: string): { thinking: string | null; rest: string } {
  const end = output.indexOf(THINKING_END);
  if (end >= 0) {
    const thinking = output
      .slice(0, end)
      .replace(/^\s*<think>/, '')
      .trim();
    return { thinking, rest: output.slice(end + THINKING_END.length) };
  }
  const open = /^\s*<think>/.exec(output);
  return open === null
    ? { thinking: null, rest: output }
    : { thinking: output.slice(open[0].length).trim(), rest: '' };
}

function nextOpening(text: string, from: number): RegExpExecArray | null {
  OPENING.lastIndex = from;
  return OPENING.exec(text);
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
