/** The benchmarks by the names that `--format` takes. */
import type { Benchmark } from './benchmark.ts';
import { pairs } from './pairs.ts';
import { rewardBench } from './rewardbench.ts';
import { rmBench } from './rm-bench.ts';
import { rmb } from './rmb.ts';

export const FORMATS = ['pairs', 'rm-bench', 'rewardbench', 'rmb'] as const;
export type Format = (typeof FORMATS)[number];

/** Each is given only what it has read itself, so its own kind of comparison may be forgotten here. */
export const BENCHMARKS: Record<Format, Benchmark> = {
  pairs,
  'rm-bench': rmBench,
  rewardbench: rewardBench,
  rmb,
};
