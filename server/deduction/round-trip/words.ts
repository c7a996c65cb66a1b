/** The words that have a meaning of their own. A name that holds one of them is not understood. */

const list = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/));

const NEGATIONS = 'not no never neither nor none nobody nothing nowhere without cannot hardly scarcely barely longer';
const CONNECTIVES =
  'and or but if then else unless because since so therefore thus hence while although though whether when whenever once until before after either both provided except otherwise implies imply means equivalent instead';
const QUANTIFIERS =
  'all every each everyone everybody everything some someone somebody something most many few several any anyone anybody anything only exactly precisely majority always sometimes often usually rarely seldom mostly generally normally typically';
const MODALS =
  'may might could would should must shall will probably possibly perhaps maybe likely unlikely apparently allegedly supposedly presumably seems seem seemed appears appear almost nearly about roughly around approximately';
const ATTITUDES =
  'think thinks thought believe believes believed say says said claim claims claimed hope hopes know knows knew doubt doubts deny denies want wants guess guesses suspect suspects tell tells told report reports reported assume assumes suppose supposes imagine imagines pretend pretends dream lie lies lied according';
const REFERENCES =
  'i you he she they we him her them us his its their our your my me it this that these those who whom whose which what there here former latter himself herself itself';

/** In a proposition. */
const RESERVED = list(
  [NEGATIONS, CONNECTIVES, QUANTIFIERS, MODALS, ATTITUDES, REFERENCES].join(' '),
);

/** In the name of what has a price: the words of prices and comparisons too. */
const PRICE_RESERVED = list(
  'cost costs costing price prices priced is are was were be has have had pay pays paid sell sells sold go goes more less than much many as same twice double thrice triple half times plus minus sum difference total together dollar dollars euro euros pound pounds coin coins cent cents percent higher lower above below over under cheaper dearer expensive least most exceeds equals equal differs add take a an the',
);

/** What `it` says of the weather and the hour, where it refers to nothing. */
const WEATHER = list('rains snows thunders hails');
const WEATHER_STATES = list('hot cold late dark windy sunny cloudy foggy early');

export const COPULAS = list('is was are were can has had');

/** In the third person, as the last word of a proposition without a copula. */
const VERBS = list(
  'swims works sings runs wins starts stops moves waits helps turns jumps climbs dreams spins sleeps eats drinks reads writes walks talks smiles laughs cries dances drives flies falls leaves arrives lives stays stands sits cooks cheats pays plays rains snows thunders hails',
);

/** What one may not know whether it bears on other sentences. */
const BEARING = list(
  `statement statements sentence sentences premise premises claim claims fact facts text above below previous preceding following
  earlier next last former latter false untrue wrong incorrect mistaken error lie lies lied joke fiction story ignore disregard forget
  suppose assume imagine pretend hypothetically unless except however but although actually instead retract correction corrected
  otherwise not never opposite contrary both neither either it this that these those they he she him her them there everything nothing
  all every each any everyone anyone nobody only otherwise reverse negation`,
);

/** Of no content: sharing them makes two sentences no relatives. */
const EMPTY = list(
  `the a an of is are was were be been to in on at for with and or if then that by as than from has have had do does did can i you we
  more less much many very quite rather so too also please what how who where why when whose which no yes one`,
);

const isWeather = (words: readonly string[]): boolean =>
  words[0] === 'it' &&
  (words.length === 2
    ? WEATHER.has(words[1]!)
    : words.length === 3 && words[1] === 'is' && WEATHER_STATES.has(words[2]!));

/** Why these words are no name of something that has a price, or undefined. */
export function problemOfPriceName(words: readonly string[]): string | undefined {
  const reserved = words.find((word) => RESERVED.has(word) || PRICE_RESERVED.has(word) || /^\W/u.test(word));
  return reserved === undefined ? undefined : `“${reserved}” is no part of a name`;
}

/**
 * Why these words are no proposition, or undefined. It is a plain subject, one verb that is known, and what is said; a
 * subject with a verb of its own ("the boss reckons tea is …") would carry a denial elsewhere.
 * @param capitalized words that are names by their spelling.
 */
export function problemOfAtom(
  words: readonly string[],
  capitalized: ReadonlySet<string>,
): string | undefined {
  if (isWeather(words)) return undefined;
  const reserved = words.find((word, place) => isReserved(word, place, words));
  if (reserved !== undefined) return `“${reserved}” is no part of a simple statement`;
  const copula = words.findIndex((word) => COPULAS.has(word));
  const end = copula === -1 ? words.length - 1 : copula;
  const hasPredicate = copula === -1 ? VERBS.has(words.at(-1)!) : copula < words.length - 1;
  return hasPredicate && isSubject(words.slice(0, end), capitalized)
    ? undefined
    : `“${words.join(' ')}” is no simple statement with a known verb`;
}

function isReserved(word: string, place: number, words: readonly string[]): boolean {
  if (!/^[\p{L}\p{N}]/u.test(word)) return true;
  if (place === 0) return word === 'a' || word === 'an' || (RESERVED.has(word) && word !== 'will');
  // "Bob can dream", unlike "Bob dreams that …".
  return RESERVED.has(word) && !(word.startsWith('dream') && place === words.length - 1);
}

/** `bob`, `Mary Smith`, `room 3`, `the old lamp`, `the lamp in the kitchen`. */
function isSubject(words: readonly string[], capitalized: ReadonlySet<string>): boolean {
  const [first, second] = words;
  if (words.length === 1) return first !== 'the';
  if (words.every((word) => capitalized.has(word))) return words.length <= 3;
  if (words.length === 2 && /^\p{N}+$/u.test(second!)) return true;
  return /^the( [^ ]+){1,2}( (of|in|on|at|with|from|near|for)( the)?( [^ ]+){1,2})*$/.test(words.join(' '));
}

/**
 * Whether a sentence that could not be read may bear on others: it speaks of statements, refers to something without
 * naming it, denies or restricts, or shares a word of content with them.
 */
export function mayBearOn(words: readonly string[], others: ReadonlySet<string>): boolean {
  return words.some((word) => BEARING.has(word) || (!EMPTY.has(word) && others.has(word)));
}
