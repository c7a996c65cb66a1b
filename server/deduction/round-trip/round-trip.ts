/**
 * The check of a formal statement against its sentence, independent of the model that wrote it.
 *
 * The model's names are marked in the sentence, its numbers too, and the whole rest must be one of the wordings that are
 * known; what the wording says must be equivalent to what the model wrote. So
 * - every name's words stand in the sentence, in order, and no word of it is left over. A name is thereby the longest
 *   run of words between words with a meaning of their own; `soup` is never taken out of `soup of the day`. Two names
 *   are the same thing if and only if they have the same words, but for case and a leading `the`;
 * - every number is used, none twice, and direction, negation and connectives are those of the wording;
 * - names with words of negation, quantity, doubt, attribution or reference are refused, wherever they stand.
 * A sentence that can be read in several ways says only that one of them holds, and that is what the solver gets.
 */
import { type Goal, FormalError, parseFormula } from '../formal/parse.ts';
import { type Expression, or, type Variable, variable, variablesOf } from '../logic/expression.ts';
import { areEquivalent } from '../logic/equivalence.ts';
import type { Question } from '../decide.ts';
import { readPriceQuestion, readPrices } from './prices.ts';
import { readPropositions, readTruthQuestion } from './propositions.ts';
import { priceSkeleton, propositionSkeleton, type Skeleton, tokensOf } from './skeleton.ts';
import { problemOfAtom, problemOfPriceName } from './words.ts';
import { isContinuation } from './wordings.ts';

export type Checked<Result> = { isRead: true; result: Result } | { isRead: false; problem: string };

export interface ReadPremise {
  /** What the sentence surely says. */
  formula: Expression;
  /** Currencies that it names. */
  units: string[];
  /** It begins with "then": whether it stands for itself depends on the sentence before. */
  isContinuation: boolean;
}

/** Marks of ours are none of these. */
const CHARACTERS = /^[\p{L}\p{N}\s.,'’?!:$€£=<>|&()+\-*]*$/u;
const MAX_NAMES = 8;
const NOT_UNDERSTOOD = 'its wording is not among those that are understood';

const refuse = (problem: string): { isRead: false; problem: string } => ({ isRead: false, problem });

export function checkPremise(sentence: string, formula: Expression): Checked<ReadPremise> {
  const asked = sentence.trim().endsWith('?');
  if (asked) return refuse('it is a question');
  const names = variablesOf(formula);
  const marked = mark(sentence, names);
  if (!marked.isRead) return marked;
  const { skeleton, isPrice } = marked.result;
  const words = names.map(({ name }) => name);
  const readings = isPrice
    ? [...readPrices(skeleton, words), ...readSymbols(skeleton, names)]
    : [...readPropositions(skeleton, words), ...readSymbols(skeleton, names)];
  if (readings.length === 0) return refuse(NOT_UNDERSTOOD);
  if (!readings.some((reading) => areEquivalent(reading, formula)))
    return refuse('it does not say what was made of it');
  return {
    isRead: true,
    result: {
      formula: or(...distinct(readings)),
      units: skeleton.units,
      isContinuation: isContinuation(skeleton.text),
    },
  };
}

export function checkQuestion(sentence: string, goal: Goal): Checked<Question> {
  const asPrice = goal.kind !== 'truth' ? checkPriceQuestion(sentence, goal.name) : undefined;
  if (asPrice?.isRead) return asPrice;
  const formula = goal.kind === 'truth' ? goal.formula : variable(goal.name, 'bool');
  const asTruth = checkTruthQuestion(sentence, formula);
  return asTruth.isRead ? asTruth : (asPrice ?? asTruth);
}

function checkPriceQuestion(sentence: string, name: string): Checked<Question> {
  const asked = variable(name, 'real');
  const marked = mark(sentence, [asked]);
  if (!marked.isRead) return marked;
  return readPriceQuestion(marked.result.skeleton, [name]) === name
    ? { isRead: true, result: { kind: 'value', variable: asked } }
    : refuse(NOT_UNDERSTOOD);
}

function checkTruthQuestion(sentence: string, formula: Expression): Checked<Question> {
  const names = variablesOf(formula);
  const marked = mark(sentence, names);
  if (!marked.isRead) return marked;
  const reading = readTruthQuestion(
    marked.result.skeleton,
    names.map(({ name }) => name),
  );
  if (reading === undefined) return refuse(NOT_UNDERSTOOD);
  return areEquivalent(reading, formula)
    ? { isRead: true, result: { kind: 'truth', formula } }
    : refuse('it does not ask what was made of it');
}

/** The sentence with the formula's names marked, if they may be names. */
function mark(
  sentence: string,
  names: readonly Variable[],
): Checked<{ skeleton: Skeleton; isPrice: boolean }> {
  if (!CHARACTERS.test(sentence)) return refuse('it holds signs that are not understood');
  if (names.length === 0 || names.length > MAX_NAMES) return refuse(NOT_UNDERSTOOD);
  const isPrice = names[0]!.sort !== 'bool';
  if (names.some(({ sort }) => (sort !== 'bool') !== isPrice))
    return refuse('it mixes numbers with statements');
  const capitalized = capitalizedIn(sentence);
  const problem = names
    .map(({ name }) => tokensOf(name))
    .map((words) => (isPrice ? problemOfPriceName(words) : problemOfAtom(words, capitalized)))
    .find((each) => each !== undefined);
  if (problem !== undefined) return refuse(problem);
  const tokens = tokensOf(sentence.trim().replace(/[.?]$/, ''));
  const words = names.map(({ name }) => name);
  const skeleton = isPrice ? priceSkeleton(tokens, words) : propositionSkeleton(tokens, words);
  return { isRead: true, result: { skeleton, isPrice } };
}

/** Words that are written with a capital wherever they stand, lower-cased. */
function capitalizedIn(sentence: string): ReadonlySet<string> {
  const words = sentence.match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu) ?? [];
  const lower = new Set(words.filter((word) => /^\p{Ll}/u.test(word)));
  return new Set(words.map((word) => word.toLowerCase()).filter((word) => !lower.has(word) && /^\p{L}/u.test(word)));
}

/** Sentences in the signs of the formal language: `pasta = 2 * soup - 1`, `Bob is tall -> !(…)`. */
function readSymbols({ text, numbers }: Skeleton, names: readonly Variable[]): Expression[] {
  if (!/[=<>|&!]/.test(text)) return [];
  const bracketed = (index: string): string => `[${names[Number(index)]!.name}]`;
  const formal = text
    .replace(/(?:N )?[@~]\d+/g, (found) => {
      const isDenied = found.startsWith('N ') !== found.includes('~');
      return `${isDenied ? '!' : ''}${bracketed(/\d+$/.exec(found)![0])}`;
    })
    .replace(/#(\d+)/g, (_, index: string) => numbers[Number(index)]!.toString());
  try {
    return [parseFormula(formal)];
  } catch (error) {
    if (error instanceof FormalError) return [];
    throw error;
  }
}

const distinct = (readings: Expression[]): Expression[] =>
  readings.filter(
    (reading, place) => !readings.slice(0, place).some((earlier) => areEquivalent(earlier, reading)),
  );
