/** What sentences that join propositions say, by their wording. */
import { and, apply, type Expression, implies, not, or, variable } from '../logic/expression.ts';
import type { Skeleton } from './skeleton.ts';
import { matchWording, type Wording, wording, withoutOpening } from './wordings.ts';

interface Slots {
  p: Expression;
  q: Expression;
  r: Expression;
}

interface Meaning {
  wordings: Wording[];
  /** One formula for each way to read it. */
  says: (slots: Slots) => Expression | Expression[];
}

const means = (says: Meaning['says'], ...wordings: string[]): Meaning => ({
  wordings: wordings.map(wording),
  says,
});

const IF = '(if|whenever|when|provided that|as long as|in case|once)';
const BOTH = '{p} and (also |that )?{r}';

const MEANINGS: Meaning[] = [
  means(
    ({ p }) => p,
    '{p}',
    '{p}, as we know',
    '{p} for sure',
    '{p}, that is (known|certain)',
  ),
  means(({ p, q }) => and(p, q), '{p} and {q}', 'both {p} and {q}', '{p}, and {q}'),
  means(
    ({ p, q }) => implies(p, q),
    `${IF} {p},? (then )?(it holds that )?{q}`,
    `{q},? ${IF} {p}`,
    '{p} only if {q}',
    'only if {q}, {p}',
    '{p} (implies|means) that {q}',
    'from {p} it follows that {q}',
    'if it is true that {p},? then {q}',
    'it follows that {q} if {p}',
  ),
  means(
    ({ p, q, r }) => implies(and(p, r), q),
    `${IF} (both )?${BOTH},? (then )?(it holds that )?{q}`,
    `{q},? ${IF} (both )?${BOTH}`,
    '{p} and {r} imply that {q}',
    'from {p} and {r} it follows that {q}',
  ),
  // "Unless" and "either … or" may also exclude that both hold; what they surely say is this.
  means(
    ({ p, q }) => or(p, q),
    '(either )?{p},? or (else )?(that )?{q}',
    '(either )?{p},? or {q},? or both',
    '{p},? unless {q}',
    'at least one of these is true: {p}, {q}',
  ),
  means(
    ({ p, q }) => apply('iff', p, q),
    '{p} (if and only if|exactly when|exactly if|just when|when and only when|precisely when|is equivalent to) {q}',
    '(if|whenever) {p},? (then )?{q}, and the other way round',
    '{p} whenever {q}, and the other way round',
    '{p} if {q},? and only if {q}',
    'if and only if {p}, {q}',
  ),
  // In logic "exactly when"; in daily speech "in order to be ready", which says that p.
  means(({ p, q }) => [apply('iff', p, q), p], '{p} just in case {q}'),
  means(
    ({ p, q }) => not(and(p, q)),
    '(not|never|N) both {p} and {q}',
    '{p} and {q} (are not both|cannot both be) true',
    'it cannot be that (both )?{p} and {q}',
    'it is (impossible|never so) that (both )?{p} and {q}',
    'at most one of these is true: {p}, {q}',
  ),
];

const QUESTIONS: Wording[] = [
  '{p}',
  'so {p}',
  '{i}',
  'is it (true|so|the case|certain|a fact) that {p}',
  'does it (follow|hold) that {p}',
  'can (we conclude|it be concluded) that {p}',
  'do (we know|the premises say) that {p}',
  'must it be that {p}',
  'true or false: {p}',
  '(prove|show) that {p}',
].map(wording);

/** All that a statement may say; empty if no wording fits. */
export function readPropositions(skeleton: Skeleton, atoms: readonly string[]): Expression[] {
  const text = withoutOpening(skeleton.text);
  return withScopes(text).flatMap(({ text: scoped, isDenied }) =>
    MEANINGS.flatMap(({ wordings, says }) =>
      wordings.flatMap((each) => {
        const match = matchWording(each, scoped);
        if (match === undefined) return [];
        const literal = (slot: string): Expression => literalOf(match.get(slot) ?? '@0', atoms);
        const slots = { p: literal('p'), q: literal('q'), r: literal('r') };
        const formulas = [...[says(slots)].flat(), ...wideDenials(says, match, slots, atoms)];
        return isDenied ? formulas.map(not) : formulas;
      }),
    ),
  );
}

/**
 * "It is not the case that p and q" may deny p alone or all that follows; it is read both ways. Which reading is meant
 * need not be known: what holds in either is what the solver gets.
 */
function withScopes(text: string): { text: string; isDenied: boolean }[] {
  const narrow = { text, isDenied: false };
  return /^N [@~]\d+./.test(text) ? [narrow, { text: text.slice(2), isDenied: true }] : [narrow];
}

/** "If it is not the case that p and r, q": what is denied may be both. */
function wideDenials(
  says: Meaning['says'],
  match: ReadonlyMap<string, string>,
  { q, r }: Slots,
  atoms: readonly string[],
): Expression[] {
  if (!match.has('r') || !match.get('p')?.startsWith('N ')) return [];
  const denied = literalOf(match.get('p')!.slice(2), atoms);
  const both = not(and(denied, r));
  return [says({ p: both, q, r: both })].flat();
}

function literalOf(mark: string, atoms: readonly string[]): Expression {
  const isDenied = mark.startsWith('N ') !== mark.includes('~');
  const atom = variable(atoms[Number(/\d+$/.exec(mark)![0])]!, 'bool');
  return isDenied ? not(atom) : atom;
}

/** The formula whose truth is asked for. */
export function readTruthQuestion(skeleton: Skeleton, atoms: readonly string[]): Expression | undefined {
  for (const each of QUESTIONS) {
    const match = matchWording(each, skeleton.text);
    if (match !== undefined) return literalOf(match.get('p') ?? match.get('i')!, atoms);
  }
  return undefined;
}
