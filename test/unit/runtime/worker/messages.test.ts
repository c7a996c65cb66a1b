/** What a worker and its owner take for a message: nothing but messages. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchToWorker, OutputsMessage, ToWorker } from '../../../../server/runtime/worker/messages.ts';

const id = fc.integer();
const positive = fc.integer({ min: 1 });
const tokens = fc.array(fc.integer(), { minLength: 1 });
const message = fc.oneof(
  fc.record({
    kind: fc.constant('open'),
    id,
    branch: id,
    positions: positive,
    priority: fc.constantFrom('inline', 'panel', 'batch'),
  }),
  fc.record({ kind: fc.constant('append'), id, branch: id, tokens }),
  fc.record({ kind: fc.constant('fork'), branch: id, fork: id }),
  fc.record({ kind: fc.constant('release'), branch: id }),
);

describe('messages about branches', () => {
  it('are read as they were said, in batches', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1 }), (batch) => {
        expect(BatchToWorker.parse(batch)).toEqual(batch);
      }),
    );
  });

  it('are refused with any field missing or of another kind', () => {
    const others = fc.constantFrom(undefined, null, 'x', 1.5, {}, [], [1.5], ['1'], NaN);
    fc.assert(
      fc.property(message, fc.nat(9), others, (said, place, other) => {
        const keys = Object.keys(said).filter((key) => key !== 'kind');
        const key = keys[place % keys.length]!;
        expect(ToWorker.safeParse({ ...said, [key]: other }).success).toBe(false);
      }),
    );
  });

  it('are refused where they are no batch, without an exception of another kind', () => {
    fc.assert(
      fc.property(fc.anything(), (anything) => {
        expect(BatchToWorker.safeParse(anything).success).toBe(false);
      }),
    );
  });

  it('answer with logits as they lie in memory, and nothing else', () => {
    const outputs = { logits: new Float32Array([1, 2]), forwarded: 3, reused: 0 };
    expect(OutputsMessage.parse(outputs).logits).toBe(outputs.logits);
    for (const logits of [[1, 2], new Float64Array(2), undefined])
      expect(OutputsMessage.safeParse({ ...outputs, logits }).success).toBe(false);
    expect(OutputsMessage.safeParse({ ...outputs, forwarded: -1 }).success).toBe(false);
  });
});
