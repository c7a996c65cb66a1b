/** Evaluations to look at: made-up outcomes of a judge that leans to the first and to the longer text. */
import { BENCHMARKS, type Format } from '../../server/eval/benchmarks/benchmarks.ts';
import { type Comparison, place } from '../../server/eval/comparison.ts';
import { type Evaluation, evaluationOf } from '../../server/eval/evaluation.ts';
import type { Ended } from '../../server/eval/outcome.ts';
import { seededRandom } from '../../server/runtime/sampling.ts';
import { ended } from '../unit/eval/ended.ts';

const BUGS = [
  'dropped guard',
  'off by one',
  'swapped arguments',
  'missing await',
  'wrong variable',
  'resource leak',
];
const LANGUAGES = ['typescript', 'python', 'javascript', 'rust'];

const words = (count: number): string => 'word '.repeat(count);

function pairRecords(random: () => number): unknown[] {
  return Array.from({ length: 400 }, (_, index) => ({
    id: String(index),
    language: LANGUAGES[Math.floor(3 * random())],
    bug: BUGS[Math.floor(random() * random() * BUGS.length)],
    good: words(1 + Math.floor(20 * random())),
    bad: words(1 + Math.floor(20 * random())),
  }));
}

function promptRecords(random: () => number): unknown[] {
  return Array.from({ length: 60 }, (_, index) => {
    const answers = () => [10, 20, 30].map((length) => words(length + Math.floor(10 * random())));
    return {
      id: index,
      prompt: 'Write a function.',
      language: LANGUAGES[index % LANGUAGES.length],
      chosen: answers(),
      rejected: answers(),
    };
  });
}

/** Surer where it is right, by the length of the texts and by chance. */
function judgeByChance(comparison: Comparison, good: 'A' | 'B', random: () => number): Ended {
  if (comparison.chosen.length + comparison.rejected.length > 330)
    return ended({ comparison, good, notJudged: 'doesNotFit' });
  const bad = good === 'A' ? 'B' : 'A';
  const lean = 0.2 * Math.sign(comparison.chosen.length - comparison.rejected.length);
  const skill = 0.62 + 0.25 * Math.sin((comparison.bug ?? comparison.language).length);
  const confidence = 0.5 + random() / 2;
  const read = (first: 'A' | 'B') => {
    if (random() < 0.04) return null;
    const chance = skill * (0.6 + 0.5 * confidence) + lean + (first === good ? 0.12 : -0.12);
    return random() < chance ? good : bad;
  };
  return ended({ comparison, good, verdicts: [read('A'), read('B')], confidence, ms: 300 + 400 * random() });
}

export function madeUpEvaluation(format: Format & ('pairs' | 'rm-bench')): Evaluation {
  const random = seededRandom(7);
  const records = format === 'pairs' ? pairRecords(random) : promptRecords(random);
  const benchmark = BENCHMARKS[format];
  const comparisons = benchmark.read({
    records: records.map((value, index) => ({ value, place: String(index) })),
    digest: '',
  });
  const all = place(comparisons).map(({ comparison, good }) => judgeByChance(comparison, good, random));
  return evaluationOf(benchmark, all, {
    data: `bench/data/${format}.json`,
    dataSha256: 'c3a56181d34835345b9c5fbf22c203439d06ea96de12b232da80628f14fe1e15',
    seed: 7,
    command: `verity eval judge --data bench/data/${format}.json --format ${format} --seed 7`,
    startedAt: new Date('2026-11-25T10:00:00Z'),
    model: {
      id: 'made-up <judge>',
      sha256: '7a68321e17576c056e6a1dc501408b69675168bf32a4872a3d36118ca2357183',
      promptFamily: 'compact',
      device: 'auto',
      dtype: 'auto',
    },
    version: '0.1.0',
  });
}
