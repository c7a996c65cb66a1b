/** One evaluation, whole: what is written as JSON, and what the report shows. */
import { cpus } from 'node:os';
import type { Benchmark } from './benchmarks/benchmark.ts';
import { type BenchmarkScores, benchmarkScores } from './benchmark-scores.ts';
import { type Figures, figuresOf } from './figures.ts';
import type { Ended } from './outcome.ts';

export interface Circumstances {
  data: string;
  dataSha256: string;
  limit?: number | undefined;
  /** Of the sample and of the order that is drawn per comparison; without one, the first items and 0. */
  seed?: number | undefined;
  command: string;
  startedAt: Date;
  model: { id: string; sha256: string; promptFamily: string; device: string; dtype: string };
  /** Verity's version. */
  version: string;
}

export interface Evaluation extends Figures {
  benchmark: string;
  data: string;
  dataSha256: string;
  limit: number | null;
  seed: number | null;
  command: string;
  startedAt: string;
  /** Of this run; `judgingMs` also counts what was resumed. */
  seconds: number;
  model: Circumstances['model'];
  machine: { cpu: string; cores: number; node: string };
  versions: { verity: string; node: string };
  score: BenchmarkScores;
}

export function evaluationOf(
  benchmark: Benchmark,
  all: Ended[],
  { limit, seed, startedAt, version, ...circumstances }: Circumstances,
): Evaluation {
  return {
    ...circumstances,
    benchmark: benchmark.name,
    limit: limit ?? null,
    seed: seed ?? null,
    startedAt: startedAt.toISOString(),
    seconds: (Date.now() - startedAt.getTime()) / 1000,
    machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version },
    versions: { verity: version, node: process.version },
    ...figuresOf(all),
    score: benchmarkScores(benchmark, all, seed ?? 0),
  };
}
