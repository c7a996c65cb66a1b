/** The panel's reducer: extension and panel apply it alike, so it must be total and touch nothing but its entry. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FromPanel,
  type PanelEntry,
  PanelState,
  reducePanel,
  ToPanel,
} from '../../../server/protocol/panel.ts';
import { judgment } from './judgments.ts';

const entry = (title: string): PanelEntry => ({
  title,
  names: { A: 'HEAD', B: 'working tree' },
  comparison: 'change',
  canOpen: true,
  written: { AB: '', BA: '' },
});
const STATE: PanelState = { phase: 'running', entries: [entry('a.ts:1'), entry('b.ts:7')] };

const message = fc.oneof(
  fc.record({
    kind: fc.constant('text' as const),
    index: fc.integer({ min: -2, max: 4 }),
    order: fc.constantFrom('AB' as const, 'BA' as const),
    text: fc.string({ unit: 'binary' }),
  }),
  fc.record({
    kind: fc.constant('judged' as const),
    index: fc.integer({ min: -2, max: 4 }),
    judgment: fc.constantFrom(judgment('A'), judgment('B'), judgment('A', 'B'), judgment(null)),
  }),
  fc.constant<ToPanel>({ kind: 'entry', entry: entry('d') }),
  fc.constant<ToPanel>({ kind: 'state', state: { phase: 'failed', message: 'x', entries: [entry('c')] } }),
);

/** After which of the messages an entry is there: text for it before that is for nobody. */
function addedAt(messages: readonly ToPanel[], total: number, index: number): number {
  const additions = messages.flatMap(({ kind }, at) => (kind === 'entry' ? [at + 1] : []));
  return additions[index - (total - additions.length)] ?? 0;
}

describe('reducePanel', () => {
  it('replaces the state', () => {
    const state: PanelState = { phase: 'failed', message: 'Out of memory.', entries: [] };
    expect(reducePanel(STATE, { kind: 'state', state })).toBe(state);
  });

  it('appends text to one order of one entry', () => {
    const once = reducePanel(STATE, { kind: 'text', index: 1, order: 'BA', text: 'a' });
    const twice = reducePanel(once, { kind: 'text', index: 1, order: 'BA', text: 'b' });
    expect(twice.entries[1]!.written).toEqual({ AB: '', BA: 'ab' });
    expect(twice.entries[0]).toBe(STATE.entries[0]);
  });

  it('sets a judgment and keeps what was written', () => {
    const written = reducePanel(STATE, { kind: 'text', index: 0, order: 'AB', text: 'a' });
    const judged = reducePanel(written, { kind: 'judged', index: 0, judgment: judgment('B') });
    expect(judged.entries[0]).toEqual({ ...written.entries[0], judgment: judgment('B') });
    expect(judged.entries[1]).toBe(STATE.entries[1]);
  });

  it('adds an entry at the end', () => {
    const { entries } = reducePanel(STATE, { kind: 'entry', entry: entry('c.ts:3') });
    expect(entries).toEqual([...STATE.entries, entry('c.ts:3')]);
  });

  it.each([-1, 2, 1e9])('ignores an index that is not there: %d', (index) => {
    expect(reducePanel(STATE, { kind: 'text', index, order: 'AB', text: 'a' })).toEqual(STATE);
    expect(reducePanel(STATE, { kind: 'judged', index, judgment: judgment('A') })).toEqual(STATE);
  });

  it('any messages make a valid state, leave the old one as it was, and lose no text (property)', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), (messages) => {
        const before = structuredClone(STATE);
        const state = messages.reduce<PanelState>(reducePanel, STATE);
        expect(STATE).toEqual(before);
        expect(PanelState.parse(structuredClone(state))).toEqual(state);
        const since = messages.slice(messages.findLastIndex(({ kind }) => kind === 'state') + 1);
        for (const [index, { written }] of state.entries.entries())
          for (const order of ['AB', 'BA'] as const) {
            const told = since
              .slice(addedAt(since, state.entries.length, index))
              .filter(
                (one): one is Extract<ToPanel, { kind: 'text' }> =>
                  one.kind === 'text' && one.index === index && one.order === order,
              );
            expect(written[order]).toBe(told.map(({ text }) => text).join(''));
          }
      }),
    );
  });
});

describe('schemas', () => {
  it.each([{ kind: 'ready' }, { kind: 'open', index: 0 }, { kind: 'cancel' }])(
    'take from the panel %j',
    (value) => {
      expect(FromPanel.parse(value)).toEqual(value);
    },
  );

  it.each([
    {},
    { kind: 'run' },
    { kind: 'open' },
    { kind: 'open', index: -1 },
    { kind: 'open', index: 0.5 },
    null,
  ])('refuse from the panel %j', (value) => {
    expect(FromPanel.safeParse(value).success).toBe(false);
  });

  it.each([
    {},
    { kind: 'text', index: 0, order: 'AB' },
    { kind: 'state', state: { phase: 'idle' } },
    'state',
    null,
  ])('refuse to the panel %j', (value) => {
    expect(ToPanel.safeParse(value).success).toBe(false);
  });
});
