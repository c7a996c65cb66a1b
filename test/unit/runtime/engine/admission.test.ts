/** Who may begin: room is never overdrawn, the order is by deadline, and all waiting ends. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Admission, MAX_WAITING, SEATS } from '../../../../server/runtime/engine/admission.ts';
import { PRIORITIES, type Priority } from '../../../../server/runtime/engine/policy.ts';
import { expectVerityError } from '../fixtures.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

class Room {
  now = 0;
  readonly admission: Admission;
  readonly admitted: string[] = [];
  private readonly held: { positions: number; priority: Priority }[] = [];
  constructor(limit: number) {
    this.admission = new Admission(limit, () => this.now);
  }
  ask(name: string, positions: number, priority: Priority, signal?: AbortSignal): Promise<void> {
    return this.admission.reserve({ positions, priority, signal }).then(() => {
      this.admitted.push(name);
      this.held.push({ positions, priority });
    });
  }
  /** The one that was admitted first, or at the given place, gives its room back. */
  leave(place = 0): void {
    for (const claim of this.held.splice(place, 1)) this.admission.release(claim);
  }
  get reserved(): number {
    return this.held.reduce((sum, { positions }) => sum + positions, 0);
  }
  get holders(): number {
    return this.held.length;
  }
  seated(priority: Priority): number {
    return this.held.filter((claim) => claim.priority === priority).length;
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
      room.leave();
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
    room.leave();
    await settle();
    expect(room.admitted).toEqual(['holder', 'large', 'small']);
  });

  it('refuses what can never fit, and more than a bounded number of waiting requests', async () => {
    const room = new Room(10);
    await expectVerityError(room.ask('giant', 11, 'inline'), 'busy', /11 positions.*holds 10/);
    await room.ask('holder', 10, 'panel');
    for (let index = 0; index < MAX_WAITING; index++) void room.ask('waiting', 1, 'panel');
    await expectVerityError(room.ask('one more', 1, 'panel'), 'busy', /64 requests are waiting/);
    expect(room.admission.counts).toEqual({ running: 1, waiting: MAX_WAITING });
  });

  it('refuses nobody for the crowd of another class', async () => {
    const room = new Room(10);
    await room.ask('holder', 10, 'panel');
    for (let index = 0; index < MAX_WAITING; index++) void room.ask('batch', 1, 'batch');
    void room.ask('inline', 1, 'inline');
    room.leave();
    await settle();
    expect(room.admitted.slice(0, 2)).toEqual(['holder', 'inline']);
  });

  it('lets a bounded number of a class run at once, each class for itself', async () => {
    const room = new Room(1000);
    for (let index = 0; index < SEATS + 2; index++) void room.ask(`batch ${index}`, 1, 'batch');
    await settle();
    expect([room.seated('batch'), room.admission.counts]).toEqual([SEATS, { running: SEATS, waiting: 2 }]);
    await room.ask('inline', 1, 'inline');
    room.leave();
    await settle();
    expect(room.admitted.slice(-2)).toEqual(['inline', `batch ${SEATS}`]);
  });

  it('lets in at once who fits and is more urgent than all that wait', async () => {
    const room = new Room(10);
    void room.ask('holder', 6, 'panel');
    void room.ask('large', 8, 'batch');
    await room.ask('inline', 2, 'inline');
    expect(room.admitted).toEqual(['holder', 'inline']);
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
          for (const { positions, priority } of requests) void room.ask('', positions, priority);
          for (;;) {
            await settle();
            expect(room.reserved).toBeLessThanOrEqual(10);
            if (room.holders === 0) break;
            room.now += random.next().value;
            room.leave(random.next().value % room.holders);
          }
          expect(room.admitted).toHaveLength(requests.length);
          expect(room.admission.counts).toEqual({ running: 0, waiting: 0 });
        },
      ),
    ));
});
