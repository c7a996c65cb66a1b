/** What a deduction says, in words that the editor, the panel and an export have in common. */
import type { Deduction, DerivationStep, FormalPremise } from './deduction.ts';

/** The result in a word or two; a value that was asked for stands beside it. */
export function headline({ status, answer }: Pick<Deduction, 'status' | 'answer'>): string {
  switch (status) {
    case 'entailed':
      return answer === null || answer === 'yes' ? 'Proved' : `Proved: ${answer}`;
    case 'refuted':
      return 'Refuted';
    case 'abstained':
      return 'Abstained';
    case 'contradictory':
      return 'Contradictory premises';
  }
}

/** What a proof rests on; undefined where nothing was proved of the question. */
export function basis({ status, premises, premisesUsed }: Deduction): string | undefined {
  if (status === 'abstained' || status === 'contradictory') return undefined;
  const [used, all] = [premisesUsed.length, premises.length];
  if (used === 0) return 'without any premise';
  if (used === all && all > 1) return `from ${all === 2 ? 'both' : `all ${all}`} premises`;
  const numbers = listed(premisesUsed.toSorted((one, two) => one - two).map(String));
  return `from ${used === 1 ? 'premise' : 'premises'} ${numbers}${all > used ? ` of ${all}` : ''}`;
}

/** `1`, `1 and 2`, `1, 2 and 3`. */
export const listed = (items: readonly string[]): string =>
  items.length <= 1 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)!}`;

/** The result in one line: a proof with what it rests on, anything else with its reason. */
export function oneLine(deduction: Deduction): string {
  const from = basis(deduction);
  return from === undefined
    ? `${headline(deduction)}: ${deduction.reason}`
    : `${headline(deduction)} ${from}`;
}

/** Premises that the proof needs, and those that it does not. */
export function premisesApart({ premises, premisesUsed }: Deduction): {
  used: FormalPremise[];
  unused: FormalPremise[];
} {
  const isUsed = ({ number }: FormalPremise) => premisesUsed.includes(number);
  return { used: premises.filter(isUsed), unused: premises.filter((premise) => !isUsed(premise)) };
}

/**
 * The steps that may be shown as a derivation: each checked, and resting on premises and shown steps alone. A step that
 * rests on one which was not checked has proved nothing.
 */
export function provenSteps({ premises, derivation }: Deduction): DerivationStep[] {
  const known = new Set(premises.map(({ number }) => String(number)));
  return derivation.filter((step) => {
    const isProven = step.isChecked && step.from.every((source) => known.has(source));
    if (isProven) known.add(step.label);
    return isProven;
  });
}
