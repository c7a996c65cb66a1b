/** What is judged: two texts of which one is known to be better, and where in its benchmark they belong. */
import { createHash } from 'node:crypto';
import type { PromptFamily } from '../judge/prompts/family.ts';

export interface Comparison {
  id: string;
  /** The benchmark's own unit (a pair, a prompt, a list); sampling and resampling never split one. */
  item: string;
  /** What both texts answer; undefined where the data says nothing. */
  instruction?: string | undefined;
  /** VS Code language id. */
  language: string;
  chosen: string;
  rejected: string;
  /** The benchmark's division of its data. */
  subset?: string | undefined;
  /** The kind of bug, where one was injected. */
  bug?: string | undefined;
}

/**
 * The letter under which the better text is given. It alternates, so that a judge that always says A is right half of
 * the time; it hangs on the place in the file, so that sampling and resuming do not change it.
 */
export type Side = 'A' | 'B';

export interface Placed<Item extends Comparison = Comparison> {
  comparison: Item;
  good: Side;
}

export const place = <Item extends Comparison>(comparisons: Item[]): Placed<Item>[] =>
  comparisons.map((comparison, index) => ({ comparison, good: index % 2 === 0 ? 'A' : 'B' }));

/** As the judge is asked. */
export function codePair({ comparison, good }: Placed) {
  const { chosen, rejected, language, instruction } = comparison;
  const [a, b] = good === 'A' ? [chosen, rejected] : [rejected, chosen];
  return { a, b, language, ...(instruction !== undefined && { instruction }) };
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Equal for equal questions: the comparison's id and everything that the judge is shown, in the order it is shown. */
export const keyOf = (placed: Placed): string =>
  sha256(JSON.stringify([placed.comparison.id, placed.good, codePair(placed)]));

const PROBES = [
  { a: 'a\nb\n', b: 'a\nc\n', language: 'python' },
  { a: 'a\n', b: 'b\n', language: 'plaintext', instruction: 'i' },
];

/** Changes with what a family asks and expects, which its name does not tell. */
export const promptDigest = (family: PromptFamily): string =>
  sha256(
    JSON.stringify([family.maxNewTokens, PROBES.map((pair) => [family.prompt(pair), family.forms?.(pair)])]),
  );
