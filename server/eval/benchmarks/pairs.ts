/** Verity's own format: JSON lines of versions with and without a bug. */
import { z } from 'zod';
import { oneMarker } from '../scoring.ts';
import { parseRecord } from '../source.ts';
import { mean } from '../statistics.ts';
import type { Benchmark } from './benchmark.ts';

const Pair = z.object({
  id: z.string(),
  language: z.string(),
  bug: z.string(),
  good: z.string(),
  bad: z.string(),
});

export const pairs: Benchmark = {
  name: 'pairs',
  rule: 'Share of pairs in which the version without the bug is chosen.',
  read: (source) =>
    source.records.map((record, index) => {
      const { id, language, bug, good, bad } = parseRecord(Pair, record, 'a pair');
      return { id, item: String(index), language, bug, chosen: good, rejected: bad };
    }),
  points: { exactlyOneMarker: oneMarker },
  figures: (scored) => ({ average: mean(scored.map(({ score }) => score)) }),
};
