/**
 * What was found lately, by the text before it: while somebody types along a suggestion, or accepts a word or a line of
 * it, the rest of it stands already and nothing is searched again.
 */
import type { FoundCompletion } from '../../server/protocol/completion.ts';
import type { Place } from './place.ts';

export interface CachedPlace extends Place {
  document: string;
}

interface Entry extends CachedPlace {
  completions: readonly FoundCompletion[];
}

const MAX_ENTRIES = 16;

export class PrefixCache {
  private entries: Entry[] = [];

  /** An upgrade takes the place of what was found at the same place before. */
  keep(place: CachedPlace, completions: readonly FoundCompletion[]): void {
    const others = this.entries.filter((entry) => !isSamePlace(entry, place));
    this.entries = [...others, { ...place, completions }].slice(-MAX_ENTRIES);
  }

  /** What is left of completions that were found where the text that was typed since begins; best first. */
  find(place: CachedPlace): readonly FoundCompletion[] {
    for (const entry of this.entries.toReversed()) {
      const typed = typedSince(entry, place);
      if (typed === undefined) continue;
      const left = entry.completions
        .filter(({ text }) => text.length > typed.length && text.startsWith(typed))
        .map((completion) => ({ ...completion, text: completion.text.slice(typed.length) }));
      if (left.length > 0) return left;
    }
    return [];
  }

  clear(): void {
    this.entries = [];
  }
}

const isSamePlace = (a: CachedPlace, b: CachedPlace): boolean =>
  a.document === b.document && a.prefix === b.prefix && a.suffix === b.suffix;

/** The text between two places of a document; undefined if the second does not go on from the first. */
function typedSince(from: CachedPlace, to: CachedPlace): string | undefined {
  if (from.document !== to.document || !to.prefix.startsWith(from.prefix)) return undefined;
  const typed = to.prefix.slice(from.prefix.length);
  return followsOn(from.suffix, to.suffix, typed) ? typed : undefined;
}

/** An editor adds closing brackets and quotes behind what is typed. */
function followsOn(before: string, after: string, typed: string): boolean {
  if (before === after) return true;
  const added = after.length - before.length;
  return (
    typed !== '' &&
    added > 0 &&
    added <= 2 &&
    after.endsWith(before) &&
    /^[)\]}"'`]+$/.test(after.slice(0, added))
  );
}
