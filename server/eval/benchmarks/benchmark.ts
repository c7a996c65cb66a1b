/** A benchmark: how its files are read, and which figures its rule makes of the scores. */
import type { Comparison } from '../comparison.ts';
import type { Points, Scored } from '../scoring.ts';
import type { Source } from '../source.ts';

export interface Benchmark<Item extends Comparison = Comparison> {
  readonly name: string;
  /** The figures' rule in words, for people who compare them with published ones. */
  readonly rule: string;
  /** @throws VerityError badInput if a record is not of this format. */
  read(source: Source): Item[];
  /** What an output earns; by name where scripts in use do not agree, the benchmark's own first. */
  readonly points: Readonly<Record<string, Points>>;
  /** Figures between 0 and 1 by name; `average` is the headline. */
  figures(scored: Scored<Item>[]): Record<string, number>;
  /** Further tables of the same figures. */
  tables?(scored: Scored<Item>[]): Record<string, unknown>;
}
