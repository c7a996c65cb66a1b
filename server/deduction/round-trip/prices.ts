/** What sentences about prices say, by their wording. */
import { and, apply, type Expression, number, or, type Relation, variable } from '../logic/expression.ts';
import type { Rational } from '../logic/rational.ts';
import type { Skeleton } from './skeleton.ts';
import { matchWording, type Wording, wording, withoutOpening } from './wordings.ts';

interface Slots {
  a: Expression;
  b: Expression;
  c: Expression;
  m: Expression;
  k: Expression;
}

interface Meaning {
  wordings: Wording[];
  /** One formula for each way to read it. */
  says: (slots: Slots) => Expression | Expression[];
}

/** How a sentence gives a price; `…` is the amount. */
const FRAMES = [
  '{a} (costs|cost|is|sells for|goes for|is sold for|is priced at|can be had for) (exactly )?…',
  'the (price|cost) of {a} (is|equals) (exactly )?…',
  'for {a} (you pay|one pays) (exactly )?…',
];

const framed = (...amounts: string[]): string[] =>
  amounts.flatMap((amount) => FRAMES.map((frame) => frame.replace('…', amount)));

const means = (says: Meaning['says'], wordings: string[]): Meaning => ({
  wordings: wordings.map(wording),
  says,
});

const is = (left: Expression, right: Expression): Expression => apply('=', left, right);

const MULTIPLES = ['{k} {b}', '{k} as (much|expensive|dear) as {b}', '{k} what {b} costs'];

const MORE = '(more than|above|higher than|dearer than|more expensive than)';
const LESS = '(less than|below|lower than|cheaper than)';
const SUM = '(together|in total|combined)';

const EQUATIONS: Meaning[] = [
  means(({ a, m }) => is(a, m), [
    ...framed('{m}'),
    '(you pay|one pays) (exactly )?{m} for {a}',
    '{m} is (the (price|cost) of|what you pay for) {a}',
    '{a}: {m}',
  ]),
  means(({ a, b, m }) => is(a, apply('+', b, m)), [
    ...framed(`{m} ${MORE} {b}`, 'as much as {b} plus {m}', '{b} plus {m}'),
    '{a} is priced {m} higher than {b}',
    '{a} sells for {m} more than {b}',
    'add {m} to the price of {b} to get the price of {a}',
    'for {a} you pay {m} more than {b}',
    '(the price of )?{a} exceeds {b} by {m}',
    'compared with {b}, {a} (costs {m} more|is {m} (dearer|more expensive))',
  ]),
  means(({ a, b, m }) => is(a, apply('-', b, m)), [
    ...framed(`{m} ${LESS} {b}`, 'as much as {b} minus {m}', '{b} minus {m}'),
    '{a} is priced {m} lower than {b}',
    'take {m} off the price of {b} to get the price of {a}',
    '{a} falls short of {b} by {m}',
    'compared with {b}, {a} (costs {m} less|is {m} cheaper)',
  ]),
  means(({ a, b, k }) => is(a, apply('*', k, b)), [
    ...framed(...MULTIPLES),
    ...MULTIPLES.map((multiple) => `${multiple} is the price of {a}`),
    'you pay {k} as much for {a} as {b}',
  ]),
  means(({ a, b, k, m }) => is(a, apply('+', apply('*', k, b), m)), [
    ...framed(...MULTIPLES.flatMap((multiple) => [`{m} ${MORE} ${multiple}`, `${multiple},? plus {m}`])),
  ]),
  means(({ a, b, k, m }) => is(a, apply('-', apply('*', k, b), m)), [
    ...framed(...MULTIPLES.flatMap((multiple) => [`{m} ${LESS} ${multiple}`, `${multiple},? minus {m}`])),
  ]),
  means(({ a, b }) => is(a, b), [
    ...framed('(just )?as (much|expensive|dear) as {b}', '(just )?the same (price )?as {b}'),
    'the (price|cost) of {a} (is|equals) (the same as )?{b}',
    '{a} has the same price as {b}',
    '{a} is priced the same as {b}',
    '{a} and {b} (cost the same|have the same price)',
    'you pay the same for {a} as {b}',
  ]),
  means(({ a, b, c }) => is(a, apply('+', b, c)), [
    ...framed(
      `as (much|expensive|dear) as {b} and {c} ${SUM}`,
      'the sum of (the prices of )?{b} and {c}',
      `what {b} and {c} cost ${SUM}`,
      '{b} plus {c}',
    ),
    `${SUM},? {b} and {c} cost (as much|the same) as {a}`,
    `{b} and {c} ${SUM} cost (as much|the same) as {a}`,
  ]),
  means(({ a, b, c }) => is(a, apply('-', b, c)), [
    ...framed('as much as {b} minus {c}', '{b} minus {c}', 'what {b} costs minus what {c} costs'),
    'take {c} off {b} to get the price of {a}',
  ]),
  // b − c, or what is between them: where c is the larger, nobody can tell.
  means(
    ({ a, b, c }) => [
      is(a, apply('-', b, c)),
      or(
        and(apply('>=', b, c), is(a, apply('-', b, c))),
        and(apply('<', b, c), is(a, apply('-', c, b))),
      ),
    ],
    framed('the difference (between|of) (the prices of )?{b} and {c}'),
  ),
];

/** With `{x}` for what stands at the right, a number or a name. */
const COMPARISONS: [Relation, string[]][] = [
  [
    '<',
    [
      ...framed('(less than|under|below|lower than|cheaper than|less expensive than) {x}'),
      '{a} is priced (below|under) {x}',
      '{a} sells for less than {x}',
      '(you pay|one pays) less than {x} for {a}',
    ],
  ],
  [
    '>',
    [
      ...framed('(more than|over|above|higher than|dearer than|more expensive than) {x}'),
      '{a} is priced (above|over) {x}',
      '(the (price|cost) of )?{a} exceeds {x}',
      '(you pay|one pays) more than {x} for {a}',
    ],
  ],
  [
    '<=',
    [
      ...framed('(at most|no more than) {x}', '{x} or less', 'not (more expensive|dearer) than {x}'),
      '{a} does not cost more than {x}',
      '(you pay|one pays) (at most|no more than) {x} for {a}',
    ],
  ],
  [
    '>=',
    [
      ...framed('(at least|no less than) {x}', '{x} or more', 'not (cheaper|less expensive) than {x}'),
      '{a} does not cost less than {x}',
      '(you pay|one pays) (at least|no less than) {x} for {a}',
    ],
  ],
  [
    '!=',
    [
      '{a} does not (cost|sell for|cost as much as) {x}',
      'the (price|cost) of {a} (is not|differs from) {x}',
      '{a} is not (priced at )?{x}',
      '(you do not pay|one does not pay) {x} for {a}',
      '{a} differs from {x} in price',
    ],
  ],
];

const MEANINGS: Meaning[] = [
  ...EQUATIONS,
  ...COMPARISONS.flatMap(([relation, wordings]) => [
    means(({ a, m }) => apply(relation, a, m), wordings.map((each) => each.replace('{x}', '{m}'))),
    means(({ a, b }) => apply(relation, a, b), wordings.map((each) => each.replace('{x}', '{b}'))),
  ]),
];

const QUESTIONS: Wording[] = [
  'how (much|expensive) is {a}',
  'how much (does|do) {a} cost',
  'what (does|do) {a} cost',
  'what is (the (price|cost) of )?{a}',
  '(how much|what) (do you pay|does one pay|must one pay) for {a}',
  'at what price does {a} sell',
  '(find|tell me|determine|work out|compute) the (price|cost) of {a}',
  'the (price|cost) of {a}',
  'what price does {a} have',
  '{a} =',
].map(wording);

/** All that a statement may say; empty if no wording fits. */
export function readPrices(skeleton: Skeleton, names: readonly string[]): Expression[] {
  const text = withoutOpening(skeleton.text);
  return MEANINGS.flatMap(({ wordings, says }) =>
    wordings.flatMap((each) => {
      const match = matchWording(each, text);
      return match === undefined ? [] : [says(fill(match, skeleton, names))].flat();
    }),
  );
}

/** The name whose price is asked for. */
export function readPriceQuestion(skeleton: Skeleton, names: readonly string[]): string | undefined {
  for (const each of QUESTIONS) {
    const match = matchWording(each, skeleton.text);
    if (match !== undefined) return names[Number(match.get('a'))];
  }
  return undefined;
}

/** A wording's `says` reads the slots that it has. */
function fill(match: ReadonlyMap<string, string>, skeleton: Skeleton, names: readonly string[]): Slots {
  const name = (slot: string): Expression => variable(names[Number(match.get(slot) ?? 0)] ?? '', 'real');
  const value = (slot: string, values: readonly Rational[]): Expression =>
    number(values[Number(match.get(slot) ?? 0)] ?? 0);
  return {
    a: name('a'),
    b: name('b'),
    c: name('c'),
    m: value('m', skeleton.numbers),
    k: value('k', skeleton.factors),
  };
}
