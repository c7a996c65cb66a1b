/** A benchmark's own figures of a run: by protocol, over everything and over what was judged, with intervals. */
import type { Benchmark } from './benchmarks/benchmark.ts';
import type { Comparison } from './comparison.ts';
import type { Ended } from './outcome.ts';
import { type Points, type Protocol, PROTOCOLS, scoreAll, type Scored } from './scoring.ts';
import { bootstrap, groupBy, type Interval } from './statistics.ts';

export type ByProtocol = Record<Protocol, Record<string, number>>;

export interface Score extends ByProtocol {
  /** 95 % intervals of `meanOfOrders`, by resampling items. */
  intervals: Record<string, Interval>;
  /** The benchmark's tables, of the mean of orders. */
  tables: Record<string, unknown>;
}

/** What was not judged is worth 0; `ofJudged` leaves it out. */
export interface Scores extends Score {
  ofJudged: Score;
}

export interface BenchmarkScores {
  rule: string;
  /** By the name of what an output earns; the benchmark's own first. */
  scores: Record<string, Scores>;
}

export function benchmarkScores<Item extends Comparison>(
  benchmark: Benchmark<Item>,
  all: Ended<Item>[],
  seed: number,
): BenchmarkScores {
  const scores = Object.entries(benchmark.points).map(
    ([name, points]) => [name, scoresOf(benchmark, all, points, seed)] as const,
  );
  return { rule: benchmark.rule, scores: Object.fromEntries(scores) };
}

function scoresOf<Item extends Comparison>(
  benchmark: Benchmark<Item>,
  all: Ended<Item>[],
  points: Points,
  seed: number,
): Scores {
  const over = (unjudged?: number): Score => {
    const scored = (protocol: Protocol) => scoreAll(all, points, protocol, seed, unjudged);
    const figures = PROTOCOLS.map((protocol) => [protocol, benchmark.figures(scored(protocol))] as const);
    const means = scored('meanOfOrders');
    const clusters = [...groupBy(means, ({ comparison }) => comparison.item).values()];
    return {
      ...(Object.fromEntries(figures) as ByProtocol),
      intervals: bootstrap(clusters, (drawn) => benchmark.figures(distinct(drawn)), seed),
      tables: benchmark.tables?.(means) ?? {},
    };
  };
  return { ...over(0), ofJudged: over() };
}

/** An item that is drawn twice counts as two. */
const distinct = <Item extends Comparison>(drawn: Scored<Item>[][]): Scored<Item>[] =>
  drawn.flatMap((members, draw) =>
    members.map(({ comparison, score }) => ({ comparison: { ...comparison, item: String(draw) }, score })),
  );
