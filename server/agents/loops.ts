/** Notices that a text goes round in circles. */

/** The longest circle that is looked for, in tokens. */
const LONGEST_PERIOD = 64;

/** So many tokens in a row must repeat what stood one period before, and so many rounds must be complete. */
const REPEATED_TOKENS = 96;
const ROUNDS = 4;

export class LoopDetector {
  private readonly tokens: number[] = [];
  /** By period: how many of the last tokens equal the one so far before them. */
  private readonly repeated = new Uint32Array(LONGEST_PERIOD + 1);

  /** True once the text up to this token repeats itself. */
  push(token: number): boolean {
    const { tokens, repeated } = this;
    let isLoop = false;
    for (let period = 1; period <= LONGEST_PERIOD; period++) {
      const same = tokens[tokens.length - period] === token;
      repeated[period] = same ? repeated[period]! + 1 : 0;
      isLoop ||= repeated[period]! >= Math.max(REPEATED_TOKENS, ROUNDS * period);
    }
    tokens.push(token);
    return isLoop;
  }
}
