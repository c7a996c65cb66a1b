/** The memory of reviews: it outlives the window, is bounded, and forgets what it cannot read. */
import { expect, it } from 'vitest';
import type { Finding } from '../../../extension/review/finding.ts';
import { ReviewMemory } from '../../../extension/review/memory.ts';
import { worse } from '../review/hunks.ts';

/** What VS Code keeps for a workspace; it stores JSON. */
class Workspace {
  readonly kept = new Map<string, string>();
  get(key: string): unknown {
    return JSON.parse(this.kept.get(key) ?? 'null') ?? undefined;
  }
  update(key: string, value: unknown): Promise<void> {
    this.kept.set(key, JSON.stringify(value));
    return Promise.resolve();
  }
}

const finding = (line: number): Finding => ({
  uri: 'file:///a.ts',
  file: 'a.ts',
  source: { kind: 'branch', base: 'main' },
  names: { A: 'main', B: 'topic' },
  judged: worse,
  anchor: { lines: ['x'], head: 0, changed: 1, startLine: line },
  range: { startLine: line, endLine: line + 1 },
  resolved: false,
});

it('knows after a reload what was dismissed, resolved and found', () => {
  const workspace = new Workspace();
  const before = new ReviewMemory(workspace);
  before.dismiss('d');
  before.setResolved('r', true);
  before.setResolved('again', true);
  before.setResolved('again', false);
  before.findings = [finding(1), finding(2)];
  const after = new ReviewMemory(workspace);
  expect([after.isDismissed('d'), after.isDismissed('r')]).toEqual([true, false]);
  expect([after.isResolved('r'), after.isResolved('again')]).toEqual([true, false]);
  expect(after.findings).toEqual([finding(1), finding(2)]);
});

it('forgets what was dismissed when told, and says how much', () => {
  const workspace = new Workspace();
  const memory = new ReviewMemory(workspace);
  memory.dismiss('a');
  memory.dismiss('b');
  expect(memory.forgetDismissed()).toBe(2);
  expect(new ReviewMemory(workspace).isDismissed('a')).toBe(false);
  expect(memory.isDismissed('a')).toBe(false);
});

it('keeps the latest of too many', () => {
  const workspace = new Workspace();
  const memory = new ReviewMemory(workspace);
  for (let n = 0; n < 5001; n++) memory.dismiss(`${n}`);
  memory.findings = Array.from({ length: 201 }, (_, line) => finding(line));
  const after = new ReviewMemory(workspace);
  expect([after.isDismissed('0'), after.isDismissed('1'), after.isDismissed('5000')]).toEqual([
    false,
    true,
    true,
  ]);
  expect(after.findings).toHaveLength(200);
  expect(after.findings.at(-1)).toEqual(finding(200));
});

it('forgets what another version stored, and keeps the rest', () => {
  const workspace = new Workspace();
  void workspace.update('verity.review.findings', [{ old: true }, finding(1)]);
  void workspace.update('verity.review.dismissed', 'nonsense');
  const memory = new ReviewMemory(workspace);
  expect(memory.findings).toEqual([finding(1)]);
  expect(memory.isDismissed('nonsense')).toBe(false);
});
