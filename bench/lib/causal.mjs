/** A session used as one plain sequence: what benchmarks measure below the engine. */

/** Readies the cache for this many positions. */
export const reserve = (session, capacity) => session.arrange({ capacity, moves: [] });

/** Evaluates tokens from position `start` on, each seeing all before it; logits of the wanted rows. */
export function forwardFrom(session, start, tokens, rows) {
  const total = start + tokens.length;
  const mask = new Float32Array(tokens.length * total);
  for (const row of tokens.keys()) mask.fill(-Infinity, row * total + start + row + 1, (row + 1) * total);
  const positions = tokens.map((_, index) => start + index);
  return session.forward({ contents: tokens, positions, past: start, mask, rows });
}
