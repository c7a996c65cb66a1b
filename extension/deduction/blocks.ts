/**
 * Arguments written into Markdown, each with its place:
 *
 *     premise: All men are mortal.
 *     premise: Socrates is a man.
 *     therefore: Socrates is mortal.
 *
 * `premises:` may head a list, `question:` may stand in place of `therefore:`. Quotations, list items and bold keys are
 * read as well; code is not.
 */
import { type Sentence, splitSentences } from './sentences.ts';

export interface Argument {
  premises: Sentence[];
  conclusion: Sentence;
}

interface Entry {
  key: 'premise' | 'premises' | 'conclusion';
  start: number;
  end: number;
}

interface Line {
  text: string;
  start: number;
}

const KEY =
  /^[ \t]*(?:>[ \t]*)*(?:(?:[-*+]|\d{1,3}[.)])[ \t]+)?(?:\*\*|__)?(premises?|therefore|question)(?:[ \t]+\d{1,3})?(?:\*\*|__)?[ \t]*:(?:\*\*|__)?[ \t]*/i;
const ITEM = /^[ \t]*(?:>[ \t]*)*(?:[-*+]|\d{1,3}[.)])[ \t]+/;
const HEADING = /^[ \t]*#{1,6}[ \t]/;
const FENCE = /^[ \t]*(?:>[ \t]*)*(`{3,}|~{3,})/;

/** Every conclusion with the premises above it. A heading, or a premise after a conclusion, begins anew. */
export function argumentsIn(text: string): Argument[] {
  const found: Argument[] = [];
  let premises: Sentence[] = [];
  let hasConcluded = false;
  for (const entry of entriesOf(text)) {
    if (entry === 'heading') {
      [premises, hasConcluded] = [[], false];
      continue;
    }
    const sentences = splitSentences(text.slice(entry.start, entry.end), entry.start);
    if (entry.key !== 'conclusion') {
      premises = hasConcluded ? sentences : [...premises, ...sentences];
      hasConcluded = false;
      continue;
    }
    const conclusion = joined(sentences);
    if (conclusion !== undefined && premises.length > 0) found.push({ premises, conclusion });
    hasConcluded = true;
  }
  return found;
}

function* entriesOf(text: string): Generator<Entry | 'heading'> {
  let entry: Entry | undefined;
  for (const line of linesOutsideCode(text)) {
    if (line !== 'code') {
      const match = KEY.exec(line.text);
      if (match === null && entry !== undefined && continues(text, entry, line.text)) {
        entry.end = line.start + line.text.length;
        continue;
      }
      if (entry !== undefined) yield entry;
      entry = match === null ? undefined : begun(match, line);
      if (HEADING.test(line.text)) yield 'heading';
    } else if (entry !== undefined) {
      yield entry;
      entry = undefined;
    }
  }
  if (entry !== undefined) yield entry;
}

function begun(match: RegExpExecArray, { text, start }: Line): Entry {
  const word = match[1]!.toLowerCase();
  const key = word === 'premise' || word === 'premises' ? word : 'conclusion';
  return { key, start: start + match[0].length, end: start + text.length };
}

/** Wrapped lines belong to an entry, list items to `premises:` alone, which may be set off by a blank line. */
function continues(text: string, { key, start, end }: Entry, line: string): boolean {
  if (HEADING.test(line)) return false;
  const isEmpty = text.slice(start, end).trim() === '';
  if (line.trim() === '') return key === 'premises' && isEmpty;
  return ITEM.test(line) ? key === 'premises' : true;
}

/** Lines of the text; a fenced block of code is one `code`. */
function* linesOutsideCode(text: string): Generator<Line | 'code'> {
  let fence: string | undefined;
  let start = 0;
  for (const line of text.split('\n')) {
    const mark = FENCE.exec(line)?.[1];
    if (fence !== undefined) {
      const isEnd = mark?.startsWith(fence) === true && line.trim().endsWith(mark);
      if (isEnd) fence = undefined;
    } else if (mark !== undefined) {
      fence = mark;
      yield 'code';
    } else yield { text: line, start };
    start += line.length + 1;
  }
}

/** A conclusion of several sentences is asked as one. */
function joined(sentences: readonly Sentence[]): Sentence | undefined {
  const [first, last] = [sentences[0], sentences.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  return { start: first.start, end: last.end, text: sentences.map(({ text }) => text).join(' ') };
}
