/** Who may begin: room is never overdrawn, the order is by deadline, and all waiting ends. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Admission } from '../../../../server/runtime/engine/admission.ts';
import { PRIORITIES, type Priority } from '../../../../server/runtime/engine/policy.ts';
import { expectVerityError } from '../fixtures.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

class Room {
  now = 0;
  readonly admission: Admission;
  readonly admitted: string[] = [];
  constructor(limit: number) {
    this.admission = new Admission(limit, () => this.now);
  }
  ask(name: string, positions: number, priority: Priority, signal?: AbortSignal): Promise<void> {
    return this.admission.reserve({ positions, priority, signal }).then(() => void this.admitted.push(name));
  }
}

describe('Admission', () => {
  it('lets the more urgent go first, but not for ever', async () => {
    const room = new Room(10);
    void room.ask('holder', 10, 'panel');
    void room.ask('batch', 10, 'batch');
    void room.ask('panel', 10, 'panel');
    void room.ask('inline', 10, 'inline');
    room.now = 10_000;
    void room.ask('late inline', 10, 'inline');
    for (let turn = 0; turn < 5; turn++) {
      await settle();
      room.admission.release(10);
    }
    await settle();
    expect(room.admitted).toEqual(['holder', 'inline', 'panel', 'batch', 'late inline']);
  });

  it('does not let small ones overtake a large one', async () => {
    const room = new Room(10);
    void room.ask('holder', 6, 'panel');
    void room.ask('large', 8, 'panel');
    void room.ask('small', 1, 'panel');
    await settle();
    expect(room.admitted).toEqual(['holder']);
    room.admission.release(6);
    await settle();
    expect(room.admitted).toEqual(['holder', 'large', 'small']);
  });

  it('refuses what can never fit, and more than a bounded number of waiting requests', async () => {
    const room = new Room(10);
    await expectVerityError(room.ask('giant', 11, 'inline'), 'busy', /11 positions.*holds 10/);
    await room.ask('holder', 10, 'panel');
    for (let index = 0; index < 64; index++) void room.ask('waiting', 1, 'panel');
    await expectVerityError(room.ask('one more', 1, 'inline'), 'busy', /64 requests are waiting/);
  });

  it('lets go of who is cancelled while waiting, and those behind move up', async () => {
    const room = new Room(10);
    const controller = new AbortController();
    await room.ask('holder', 6, 'panel');
    const large = room.ask('large', 8, 'panel', controller.signal);
    void room.ask('small', 4, 'panel');
    controller.abort(new Error('enough'));
    await expect(large).rejects.toThrow('enough');
    await settle();
    expect(room.admitted).toEqual(['holder', 'small']);
  });

  it('never overdraws the room and admits everyone in the end', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ positions: fc.integer({ min: 1, max: 10 }), priority: fc.constantFrom(...PRIORITIES) }),
          { minLength: 1, maxLength: 40 },
        ),
        fc.infiniteStream(fc.nat(100)) as fc.Arbitrary<Iterator<number, never>>,
        async (requests, random) => {
          const room = new Room(10);
          const held: number[] = [];
          let admitted = 0;
          for (const { positions, priority } of requests)
            void room.ask('', positions, priority).then(() => (admitted++, held.push(positions)));
          for (;;) {
            await settle();
            expect(held.reduce((total, positions) => total + positions, 0)).toBeLessThanOrEqual(10);
            if (held.length === 0) break;
            room.now += random.next().value;
            room.admission.release(held.splice(random.next().value % held.length, 1)[0]!);
          }
          expect(admitted).toBe(requests.length);
        },
      ),
    ));
});
