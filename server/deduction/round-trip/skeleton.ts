/**
 * A sentence with its names, propositions and numbers replaced by marks, so that only words remain that have a meaning
 * of their own: `The tomato soup costs twice as much as the tea.` becomes `@0 costs ×0 as much as @1`. What is left is
 * compared with known wordings as a whole, so every word of the sentence is accounted for: a name that leaves out a word
 * (`soup` of `soup of the day`) leaves that word standing, and no wording fits.
 */
import { Rational } from '../logic/rational.ts';
import { COPULAS } from './words.ts';

export interface Skeleton {
  text: string;
  /** `#0`, `#1`, …: amounts and numbers. */
  numbers: Rational[];
  /** `×0`, `×1`, …: twice, three times. */
  factors: Rational[];
  /** Of amounts: dollar, euro, … */
  units: string[];
}

const NUMBER_WORDS = new Map(
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'
    .split(' ')
    .map((word, value) => [word, Rational.of(value)]),
);

const FACTOR_WORDS = new Map([
  ['twice', Rational.of(2)],
  ['double', Rational.of(2)],
  ['thrice', Rational.of(3)],
  ['triple', Rational.of(3)],
  ['half', Rational.of(1, 2)],
]);

const UNIT_SIGNS = new Map([
  ['$', 'dollar'],
  ['€', 'euro'],
  ['£', 'pound'],
]);
const UNIT_WORDS = new Map(
  ['dollar', 'euro', 'pound', 'coin'].flatMap((unit): [string, string][] => [
    [unit, unit],
    [`${unit}s`, unit],
  ]),
);

const TOKEN =
  /\d+(?:\.\d+)?(?![\p{L}\p{N}])|[\p{L}\p{N}]+(?:['-][\p{L}\p{N}]+)*|<->|->|!=|<=|>=|[^\s]/gu;

/** Lower-cased words, numbers and signs. */
export const tokensOf = (text: string): string[] =>
  [...text.replaceAll('’', "'").toLowerCase().matchAll(TOKEN)].map(([token]) => token);

/** A form that stands for a mark: the mark's text and the tokens of the sentence that it replaces. */
interface Form {
  mark: string;
  tokens: string[];
}

/** Names of what has a price become `@0`, `@1`, …, by their place in the list; an article before one goes. */
export function priceSkeleton(tokens: string[], names: readonly string[]): Skeleton {
  const forms = names.map((name, index) => ({ mark: `@${index}`, tokens: tokensOf(name) }));
  const marked = replaceForms(tokens, forms);
  return withNumbers(marked.filter((token, place) => !(token === 'the' && marked[place + 1]?.startsWith('@'))));
}

/**
 * Propositions become `@0`, `@1`, …; denied inside (`is not`, `isn't`, `cannot`, `does not work`) `~0`; asked (`is the
 * lamp on`) `?0`, asked and denied `?~0`. `it is not the case that` becomes `N`.
 */
export function propositionSkeleton(tokens: string[], atoms: readonly string[]): Skeleton {
  const forms = atoms.flatMap((atom, index) => formsOf(tokensOf(atom), index));
  const text = replaceForms(tokens, forms).join(' ');
  return { ...EMPTY, text: tidy(text.replaceAll(DENIAL, 'N')) };
}

const EMPTY: Skeleton = { text: '', numbers: [], factors: [], units: [] };
const DENIAL = /\bit (?:is not the case|is not true|is not so|is false|is untrue|isn't true|isn't the case) that\b/g;

function formsOf(words: string[], index: number): Form[] {
  const forms: Form[] = [{ mark: `@${index}`, tokens: words }];
  const places = words.flatMap((word, place) => (COPULAS.has(word) && place > 0 ? [place] : []));
  // With two verbs it is not plain which one is denied.
  if (places.length > 1) return forms;
  const [place] = places;
  if (place === undefined) return [...forms, ...verbForms(words, index)];
  const [subject, copula, rest] = [words.slice(0, place), words[place]!, words.slice(place + 1)];
  const denials = copula === 'can' ? [['cannot'], ['can', 'not'], ["can't"]] : [[copula, 'not'], [`${copula}n't`]];
  return [
    ...forms,
    ...denials.map((denial) => ({ mark: `~${index}`, tokens: [...subject, ...denial, ...rest] })),
    { mark: `?${index}`, tokens: [copula, ...subject, ...rest] },
    { mark: `?~${index}`, tokens: [copula, ...subject, 'not', ...rest] },
  ];
}

/** `the pump works`: `the pump does not work`, `does the pump work`. */
function verbForms(words: string[], index: number): Form[] {
  const [subject, verb] = [words.slice(0, -1), words.at(-1)!];
  return [...new Set([verb.replace(/s$/, ''), verb.replace(/es$/, ''), verb.replace(/ies$/, 'y')])].flatMap((base) => [
    ...[['does', 'not'], ["doesn't"]].map((denial) => ({ mark: `~${index}`, tokens: [...subject, ...denial, base] })),
    { mark: `?${index}`, tokens: ['does', ...subject, base] },
    { mark: `?~${index}`, tokens: ['does', ...subject, 'not', base] },
  ]);
}

/** From left to right, the longest form that fits at each place. */
function replaceForms(tokens: string[], forms: Form[]): string[] {
  const byLength = [...forms].sort((a, b) => b.tokens.length - a.tokens.length);
  const result: string[] = [];
  for (let place = 0; place < tokens.length; ) {
    const at = place;
    const form = byLength.find((each) => each.tokens.every((token, offset) => tokens[at + offset] === token));
    result.push(form?.mark ?? tokens[place]!);
    place += form?.tokens.length ?? 1;
  }
  return result;
}

function withNumbers(tokens: string[]): Skeleton {
  const skeleton: Skeleton = { text: '', numbers: [], factors: [], units: [] };
  const result: string[] = [];
  for (let place = 0; place < tokens.length; place++) {
    const token = tokens[place]!;
    const sign = UNIT_SIGNS.get(token);
    const value = numberAt(tokens, sign === undefined ? place : place + 1);
    const factor = FACTOR_WORDS.get(token);
    if (factor !== undefined) result.push(`×${skeleton.factors.push(factor) - 1}`);
    else if (value === undefined) result.push(token);
    else {
      if (sign !== undefined) place++;
      const next = tokens[place + 1] ?? '';
      const unit = sign ?? UNIT_WORDS.get(next);
      if (sign === undefined && (unit !== undefined || next === 'times')) place++;
      if (sign === undefined && next === 'times') {
        result.push(`×${skeleton.factors.push(value) - 1}`);
        continue;
      }
      if (unit !== undefined) skeleton.units.push(unit);
      result.push(`#${skeleton.numbers.push(value) - 1}`);
    }
  }
  skeleton.text = tidy(result.join(' '));
  return skeleton;
}

function numberAt(tokens: string[], place: number): Rational | undefined {
  const token = tokens[place] ?? '';
  // "One pays 3 for the soup."
  if (token === 'one' && /^pays?$/.test(tokens[place + 1] ?? '')) return undefined;
  return NUMBER_WORDS.get(token) ?? Rational.parse(token);
}

const tidy = (text: string): string => text.replace(/ (?=[,:])/g, '');
