/** The policy by its promises, with a simulated clock: priority, bounded delay, fairness, no starvation. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allot,
  FEW,
  PATIENCE_MS,
  type Priority,
  PRIORITIES,
  type Waiting,
} from '../../../../server/runtime/engine/policy.ts';

const CHUNK = 64;
const priority = fc.constantFrom(...PRIORITIES);
const waiting = fc.array(
  fc.record({ priority, left: fc.integer({ min: 1, max: 500 }), since: fc.nat(2000) }),
  { minLength: 1, maxLength: 12 },
);
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const request = (priority: Priority, left: number, since = 0): Waiting => ({ priority, left, since });

describe('allot', () => {
  it('never exceeds the chunk or what a request asks for, and never idles', () =>
    fc.assert(
      fc.property(waiting, fc.integer({ min: 1, max: 128 }), (requests, chunk) => {
        const shares = allot(requests, 2000, chunk);
        expect(sum(shares)).toBeLessThanOrEqual(chunk);
        expect(sum(shares)).toBeGreaterThan(0);
        for (const [index, share] of shares.entries())
          expect(share).toBeLessThanOrEqual(requests[index]!.left);
      }),
    ));

  it('lets all decode together, whatever their class', () => {
    const requests = [request('batch', 1), request('inline', 1), request('panel', 1)];
    expect(allot(requests, 0, CHUNK)).toEqual([1, 1, 1]);
  });

  it('gives drafts of less urgent classes what is left, and their next token before', () => {
    const requests = [request('panel', FEW), request('inline', 2 * FEW)];
    expect(allot(requests, 0, CHUNK)).toEqual([FEW, 2 * FEW]);
    expect(allot(requests, 0, 2 * FEW)).toEqual([1, 2 * FEW - 1]);
  });

  it('gives the prefill to the most urgent class, beside those that decode', () => {
    const requests = [
      request('batch', 500),
      request('panel', 500),
      request('batch', 1),
      request('inline', 20),
    ];
    expect(allot(requests, PATIENCE_MS - 1, CHUNK)).toEqual([0, 0, 1, 20]);
    expect(allot(requests.slice(0, 2), PATIENCE_MS - 1, CHUNK)).toEqual([0, CHUNK]);
  });

  it('holds up no prefill while a less urgent one loses patience: that one rides along with an eighth', () => {
    const requests = [request('batch', 500), request('inline', 500, PATIENCE_MS)];
    expect(allot(requests, PATIENCE_MS, CHUNK)).toEqual([CHUNK / 8, (7 * CHUNK) / 8]);
  });

  it('serves the longest waiting first within a class', () => {
    const requests = [request('panel', 500, 20), request('panel', 40, 10), request('panel', 500, 30)];
    expect(allot(requests, 40, CHUNK)).toEqual([24, 40, 0]);
  });
});

/** Requests arrive, each forward takes a time that grows with its rows, those served wait anew. */
function simulate(arrivals: { at: number; priority: Priority; positions: number; decode: number }[]) {
  const done = new Map<number, number>();
  /** Per request the rows of other, less urgent prefills in forwards that began after its arrival. */
  const heldUp = arrivals.map(() => 0);
  const active: (Waiting & { index: number; decode: number })[] = [];
  let now = 0;
  let next = 0;
  for (let forwards = 0; done.size < arrivals.length; forwards++) {
    if (forwards > 100_000) throw new Error('Somebody starves.');
    for (; next < arrivals.length && arrivals[next]!.at <= now; next++) {
      const { at, priority, positions, decode } = arrivals[next]!;
      active.push({ index: next, priority, left: positions, since: at, decode });
    }
    if (active.length === 0) {
      now = arrivals[next]!.at;
      continue;
    }
    const shares = allot(active, now, CHUNK);
    for (const each of active)
      for (const [index, other] of active.entries())
        if (PRIORITIES.indexOf(other.priority) > PRIORITIES.indexOf(each.priority) && other.left > FEW)
          heldUp[each.index]! += shares[index]!;
    now += 5 + sum(shares);
    for (const [index, share] of shares.entries()) {
      const each = active[index]!;
      if (share === 0) continue;
      each.left -= share;
      each.since = now;
      if (each.left === 0 && each.decode-- > 0) each.left = 1;
      if (each.left === 0) done.set(each.index, now);
    }
    for (let index = active.length - 1; index >= 0; index--)
      if (active[index]!.left === 0) active.splice(index, 1);
  }
  return { done, heldUp };
}

const arrival = fc.record({
  at: fc.nat(4000),
  priority,
  positions: fc.integer({ min: 1, max: 900 }),
  decode: fc.nat(30),
});
const arrivals = fc
  .array(arrival, { minLength: 1, maxLength: 25, size: 'max' })
  .map((list) => list.sort((a, b) => a.at - b.at));

describe('over time', () => {
  it('answers every request', () =>
    fc.assert(
      fc.property(arrivals, (list) => {
        expect(simulate(list).done.size).toBe(list.length);
      }),
      { numRuns: 300 },
    ));

  it('keeps a batch request going under an endless stream of inline ones', () => {
    const stream = Array.from({ length: 130 }, (_, index) => ({
      at: 60 * index,
      priority: 'inline' as const,
      positions: 100,
      decode: 2,
    }));
    const positions = 160;
    const { done } = simulate([{ at: 0, priority: 'batch', positions, decode: 0 }, ...stream]);
    // An eighth of a chunk each time its patience ends, and the forward that is then under way.
    const rides = positions / (CHUNK / 8);
    expect(done.get(0)).toBeLessThanOrEqual(rides * (PATIENCE_MS + 2 * (CHUNK + 5)));
  });

  it('lets less urgent prefill into an inline request’s forwards only as riders', () =>
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 300 }), (list, positions) => {
        const inline = { at: 1000, priority: 'inline' as const, positions, decode: 0 };
        const others = list.filter((each) => each.priority !== 'inline');
        const all = [...others, inline].sort((a, b) => a.at - b.at);
        const { heldUp } = simulate(all);
        const forwards = Math.ceil(positions / ((CHUNK * 7) / 8 - others.length)) + 1;
        expect(heldUp[all.indexOf(inline)]).toBeLessThanOrEqual((forwards * CHUNK) / 8);
      }),
      { numRuns: 300 },
    ));
});
