/** Judges comparisons one after the other; what a journal holds already is not judged again. */
import type { Judgment } from '../protocol/judgment.ts';
import { VerityError } from '../runtime/errors.ts';
import { codePair, type Comparison, keyOf, type Placed } from './comparison.ts';
import type { Journal } from './journal.ts';
import { type Ended, judgedOutcome, type Outcome } from './outcome.ts';

export type Judge = (pair: ReturnType<typeof codePair>) => Promise<Judgment>;

export interface RunHooks {
  known: Map<string, Outcome>;
  journal?: Journal | undefined;
  onEnded?: (outcome: Outcome) => void;
}

/** @throws whatever the judge throws that is not about the comparison itself; what ended before is in the journal. */
export async function judgeAll<Item extends Comparison>(
  placed: Placed<Item>[],
  judge: Judge,
  { known, journal, onEnded }: RunHooks,
): Promise<Ended<Item>[]> {
  const all: Ended<Item>[] = [];
  for (const one of placed) {
    const key = keyOf(one);
    let outcome = known.get(key);
    if (outcome === undefined) {
      outcome = await judgeOne(one, judge);
      await journal?.append(key, outcome);
      onEnded?.(outcome);
    }
    all.push({ ...one, outcome });
  }
  return all;
}

async function judgeOne(placed: Placed, judge: Judge): Promise<Outcome> {
  try {
    return judgedOutcome(await judge(codePair(placed)));
  } catch (error) {
    if (!(error instanceof VerityError)) throw error;
    if (error.kind === 'contextOverflow') return { kind: 'doesNotFit', reason: error.message };
    if (error.kind === 'badInput') return { kind: 'refused', reason: error.message };
    throw error;
  }
}
