/** Which requests take part in the next forward, and with how many positions: a pure function of who waits. */

/** Inline completions go before panels, panels before batch work. */
export const PRIORITIES = ['inline', 'panel', 'batch'] as const;
export type Priority = (typeof PRIORITIES)[number];

export interface Waiting {
  priority: Priority;
  /** New positions it still asks for, at least 1. */
  left: number;
  /** When it arrived or last took part, in milliseconds of the caller's clock. */
  since: number;
}

/** A request that gives way to more urgent ones longer than this rides along with a small share. */
export const PATIENCE_MS = 250;

/** Whoever asks for no more than this decodes: the next token, perhaps with a draft of those after it. */
export const FEW = 12;

/** The share of a forward that such a rider gets. */
const RIDE = 1 / 8;

const rank = ({ priority }: Waiting): number => PRIORITIES.indexOf(priority);

/**
 * Positions for each request in a forward of at most `chunk`; 0 waits.
 *
 * Whoever asks for few positions (decoding) takes part whatever its class: a row more costs little, since the weights
 * are read once for all. Longer inputs (prefill) fill up what is left, those of the most urgent class present alone,
 * so that an inline completion waits for the one chunk that runs when it arrives and for no other. Drafts of less
 * urgent classes come last.
 *
 * Nothing starves. Within a class the longest waiting goes first, and taking part resets the wait; below the most
 * urgent class, whoever has lost patience goes along with a share that is kept free for it, longest waiting first.
 */
export function allot(waiting: readonly Waiting[], now: number, chunk: number): number[] {
  const shares = waiting.map(() => 0);
  const top = Math.min(...waiting.map(rank));
  const isTop = (index: number) => rank(waiting[index]!) === top;
  const order = [...waiting.keys()].sort((a, b) => compare(waiting[a]!, waiting[b]!));
  let room = chunk;
  const give = (index: number, most: number) => {
    const share = Math.min(most, room, waiting[index]!.left - shares[index]!);
    shares[index]! += share;
    room -= share;
  };
  const rider = longestImpatient(waiting, top, now);
  if (rider !== undefined) give(rider, Math.max(1, Math.floor(chunk * RIDE)));
  const decoding = order.filter((index) => waiting[index]!.left <= FEW);
  for (const index of decoding) give(index, isTop(index) ? FEW : 1);
  for (const index of order) if (isTop(index)) give(index, chunk);
  for (const index of decoding) give(index, FEW);
  return shares;
}

const compare = (a: Waiting, b: Waiting): number => rank(a) - rank(b) || a.since - b.since;

function longestImpatient(waiting: readonly Waiting[], top: number, now: number): number | undefined {
  let longest: number | undefined;
  for (const [index, request] of waiting.entries()) {
    if (rank(request) === top || now - request.since < PATIENCE_MS) continue;
    if (longest === undefined || request.since < waiting[longest]!.since) longest = index;
  }
  return longest;
}
