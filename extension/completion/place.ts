/** Where a completion would go: the text around it, with line feeds alone, as models know them. */

export interface Place {
  /** The text before the place, and after it. */
  prefix: string;
  suffix: string;
}

/** More than any model here reads. */
const MAX_PREFIX = 20_000;
const MAX_SUFFIX = 4000;

export const placeIn = (before: string, after: string): Place => ({
  prefix: before.replaceAll('\r\n', '\n').slice(-MAX_PREFIX),
  suffix: after.replaceAll('\r\n', '\n').slice(0, MAX_SUFFIX),
});

/** The current line up to the place. */
export const lineBefore = ({ prefix }: Place): string => prefix.slice(prefix.lastIndexOf('\n') + 1);

/** The current line from the place on. */
export const lineAfter = ({ suffix }: Place): string => suffix.split('\n', 1)[0]!;

/** The lines above the current one, the nearest first. */
export const linesAbove = ({ prefix }: Place): string[] => prefix.split('\n').slice(0, -1).toReversed();

/** Letters or digits: what makes a text worth comparing. */
export const hasWords = (text: string): boolean => /[\p{L}\p{N}]/u.test(text);
