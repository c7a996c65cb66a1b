/** A session used as one plain sequence: what benchmarks measure below the engine. */
import { runtime } from './runtime.mjs';

const { causalMask } = await runtime();

/** Readies the cache for this many positions. */
export const reserve = (session, capacity) => session.arrange({ capacity, moves: [] });

/** Evaluates tokens from position `start` on, each seeing all before it; logits of the wanted rows. */
export const forwardFrom = (session, start, tokens, rows) =>
  session.forward({
    contents: tokens,
    positions: tokens.map((_, index) => start + index),
    past: start,
    mask: causalMask(start, tokens.length),
    rows,
  });
