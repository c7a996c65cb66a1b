/** Random growth, forks, splices, releases and evictions of a KV trie, checked against each path run alone. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Branch } from '../../../../server/runtime/engine/branch.ts';
import type { Engine } from '../../../../server/runtime/engine/engine.ts';

type Content = number | Float32Array;

export type Step =
  /** Tokens, or the index of a latent vector as a negative number. Those up to the next `meet` run at once. */
  | { do: 'append'; branch: number; contents: number[]; rows: 1 | 'all' }
  | { do: 'meet' }
  | { do: 'open' }
  | { do: 'fork'; branch: number }
  | { do: 'stepBack'; branch: number; count: number }
  | { do: 'splice'; branch: number; other: number; count: number }
  | { do: 'release'; branch: number }
  | { do: 'evict'; share: number };

const branch = fc.nat(15);
/** Few tokens, so that paths meet often. */
const contents = fc.array(
  fc.oneof({ weight: 9, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.integer({ min: -3, max: -1 }) }),
  { minLength: 1, maxLength: 7 },
);

const append = fc.record({
  do: fc.constant('append' as const),
  branch,
  contents,
  rows: fc.constantFrom(1 as const, 'all' as const),
});

export const steps = (maxLength: number): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 8, arbitrary: append },
      { weight: 3, arbitrary: fc.constant({ do: 'meet' as const }) },
      { weight: 1, arbitrary: fc.constant({ do: 'open' as const }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('fork' as const), branch }) },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constant('stepBack' as const), branch, count: fc.nat(6) }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant('splice' as const), branch, other: branch, count: fc.nat(4) }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), branch }) },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constant('evict' as const), share: fc.constantFrom(0, 0.5, 1) }),
      },
    ),
    { minLength: 4, maxLength, size: 'max' },
  );

/** Paths run alone. */
export interface Reference<Path> {
  empty: Path;
  extend(path: Path, content: Content): Path;
  shorten(path: Path, count: number): Path;
  splice(path: Path, other: Path, count: number): Path;
  /** Its last RoPE position + 1. */
  length(path: Path): number;
  /** A word for each position of a path: equal words are one position of the trie. */
  keys(path: Path): string[];
  logits(path: Path): Promise<Float32Array> | Float32Array;
}

interface Held<Path> {
  branch: Branch;
  path: Path;
  isBusy: boolean;
}

/** Branches × longest path fit the room for 64 positions that the engine gets: what goes beyond is evicted. */
const LONGEST = 16;
const MOST_BRANCHES = 4;

export class RandomTrees<Path> {
  private readonly engine: Engine;
  private readonly latents: Float32Array[];
  private readonly reference: Reference<Path>;
  private readonly isEqual: (actual: Float32Array, expected: Float32Array) => void;
  private held: Held<Path>[] = [];
  private running: Promise<void>[] = [];
  private hasSpliced = false;

  constructor(
    engine: Engine,
    latents: Float32Array[],
    reference: Reference<Path>,
    isEqual: (actual: Float32Array, expected: Float32Array) => void,
  ) {
    this.engine = engine;
    this.latents = latents;
    this.reference = reference;
    this.isEqual = isEqual;
  }

  /** Runs the steps; in the end everything is released and evicted, and no memory is held. */
  async run(list: Step[]): Promise<void> {
    await this.perform({ do: 'open' });
    for (const step of list) {
      await this.perform(step);
      if (this.running.length === 0) this.checkPins();
    }
    await this.meet();
    for (const { branch } of this.held) branch.release();
    expect(this.engine.stats.pinnedPositions).toBe(0);
    await this.engine.evict(0);
    expect(this.engine.stats).toMatchObject({ livePositions: 0, usedBytes: 0, capacityBytes: 0 });
  }

  private async perform(step: Step): Promise<void> {
    if (step.do === 'meet') return this.meet();
    if (step.do === 'evict') return this.engine.evict(step.share * this.engine.stats.usedBytes);
    if (step.do === 'open') {
      if (this.held.length < MOST_BRANCHES)
        this.add(await this.engine.open({ positions: 0, priority: 'panel' }), this.reference.empty);
      return;
    }
    const free = this.held.filter(({ isBusy }) => !isBusy);
    const one = free[step.branch % free.length];
    if (one === undefined) return;
    switch (step.do) {
      case 'append':
        this.append(one, step.contents, step.rows);
        break;
      case 'fork':
        if (this.held.length < MOST_BRANCHES) this.add(one.branch.fork(), one.path);
        break;
      case 'stepBack':
        one.branch.stepBack(step.count);
        one.path = this.reference.shorten(one.path, step.count);
        break;
      case 'splice':
        this.splice(one, free[step.other % free.length]!, step.count);
        break;
      case 'release':
        one.branch.release();
        this.held.splice(this.held.indexOf(one), 1);
    }
  }

  private add(branch: Branch, path: Path): void {
    this.held.push({ branch, path, isBusy: false });
  }

  private append(one: Held<Path>, numbers: number[], rows: 1 | 'all'): void {
    const { path } = one;
    if (Math.max(this.reference.length(path), this.reference.keys(path).length) + numbers.length > LONGEST)
      return;
    const given = numbers.map((number) => (number < 0 ? this.latents[-number - 1]! : number));
    one.isBusy = true;
    const check = async () => {
      const { logits } = await one.branch.append(given, { rows });
      const paths = given.map((content) => (one.path = this.reference.extend(one.path, content)));
      const wanted = rows === 'all' ? paths : paths.slice(-1);
      const width = logits.length / wanted.length;
      for (const [row, path] of wanted.entries())
        this.isEqual(logits.subarray(row * width, (row + 1) * width), await this.reference.logits(path));
      one.isBusy = false;
    };
    this.running.push(check());
  }

  private splice(one: Held<Path>, other: Held<Path>, count: number): void {
    const nodes = other.branch.nodes;
    if (count === 0 || nodes.length < count) return;
    // The memory's positions stand once on a path, and must not end beyond the context.
    const spliced = this.reference.keys(other.path).slice(-count);
    if (this.reference.keys(one.path).some((key) => spliced.includes(key))) return;
    if (this.reference.keys(one.path).length + count > LONGEST) return;
    this.hasSpliced = true;
    one.branch.splice(nodes.slice(-count));
    one.path = this.reference.splice(one.path, other.path, count);
  }

  private async meet(): Promise<void> {
    await Promise.all(this.running);
    this.running = [];
  }

  /**
   * Exactly the positions of the paths in hand are pinned, each once. Where one was spliced elsewhere, then taken back
   * and evaluated anew, it is there twice, which a word for a position does not tell.
   */
  private checkPins(): void {
    const { pinnedPositions } = this.engine.stats;
    const keys = new Set(this.held.flatMap(({ path }) => this.reference.keys(path)));
    if (this.hasSpliced) expect(pinnedPositions).toBeGreaterThanOrEqual(keys.size);
    else expect(pinnedPositions).toBe(keys.size);
  }
}
