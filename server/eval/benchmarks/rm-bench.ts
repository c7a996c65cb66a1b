/**
 * RM-Bench (arXiv 2410.16184): per prompt three chosen and three rejected answers in the styles concise, detailed,
 * detailed with Markdown. Every chosen one is compared with every rejected one: a 3 × 3 matrix, rows chosen, columns
 * rejected. Above the diagonal the rejected answer is the fancier one (hard), on it both are alike (normal), below it
 * the chosen one is (easy). A domain's score is the mean of the three, the total the mean of the domains.
 */
import { z } from 'zod';
import type { Comparison } from '../comparison.ts';
import { oneMarker, type Scored } from '../scoring.ts';
import { parseRecord } from '../source.ts';
import { groupBy, mean } from '../statistics.ts';
import type { Benchmark } from './benchmark.ts';

const STYLES = [0, 1, 2] as const;
const DIFFICULTIES = ['hard', 'normal', 'easy'] as const;
type Difficulty = (typeof DIFFICULTIES)[number];

const Answers = z.tuple([z.string(), z.string(), z.string()]);

const Prompt = z.object({
  id: z.union([z.string(), z.number()]),
  prompt: z.string(),
  chosen: Answers,
  rejected: Answers,
  /** In total_dataset.json only; the files of one domain do not say which it is. */
  domain: z.string().optional(),
  /** In the code part. */
  language: z.string().optional(),
});

interface StyledComparison extends Comparison {
  domain: string;
  /** 0 concise, 1 detailed, 2 detailed with Markdown. */
  chosenStyle: number;
  rejectedStyle: number;
}

/** Both safety sets are one domain, as in the benchmark's script. */
const DOMAINS = ['chat', 'math', 'code', 'safety'];
const ONE_DOMAIN = 'all';

export const rmBench: Benchmark<StyledComparison> = {
  name: 'rm-bench',
  rule:
    '3 × 3 matrix per prompt, rows chosen, columns rejected (concise, detailed, detailed with Markdown); hard: mean ' +
    'of the cells above the diagonal, normal: the diagonal, easy: below it; average: mean of the three, then of the ' +
    'domains. An output counts with exactly one marker, [[A]] or [[B]], anywhere in it; all else is worth 0.',
  read: (source) =>
    source.records.flatMap((record, index) => {
      const { id, prompt, chosen, rejected, domain, language } = parseRecord(
        Prompt,
        record,
        'an RM-Bench prompt',
      );
      return STYLES.flatMap((row) =>
        STYLES.map((column) => ({
          id: `${id}/${row}${column}`,
          item: String(index),
          instruction: prompt,
          language: language ?? 'plaintext',
          subset: difficulty(row, column),
          domain: DOMAINS.find((name) => domain?.startsWith(name)) ?? domain ?? ONE_DOMAIN,
          chosen: chosen[row],
          rejected: rejected[column],
          chosenStyle: row,
          rejectedStyle: column,
        })),
      );
    }),
  points: { exactlyOneMarker: oneMarker },
  figures: (scored) => figuresOf(scored),
  tables: (scored) => ({
    matrix: matrix(scored),
    comparisons: cellsOf(scored).map((row) => row.map((members) => members.length)),
    rmR1Script: figuresOf(scored, asRmR1Reads),
  }),
};

type Cells = number[][];

/** Domains weigh alike, however many prompts they have. */
function figuresOf(
  scored: Scored<StyledComparison>[],
  reread = (cells: Cells): Cells => cells,
): Record<string, number> {
  const domains = [...groupBy(scored, ({ comparison }) => comparison.domain)].map(([name, members]) => {
    const parts = byDifficulty(reread(matrix(members)));
    return { name, parts, average: mean(Object.values(parts)) };
  });
  const over = (name: Difficulty) => mean(domains.map(({ parts }) => parts[name]));
  const named = domains.length > 1 ? domains.map(({ name, average }) => [name, average] as const) : [];
  return {
    average: mean(domains.map(({ average }) => average)),
    ...Object.fromEntries(DIFFICULTIES.map((name) => [name, over(name)])),
    ...Object.fromEntries(named),
  };
}

function difficulty(row: number, column: number): Difficulty {
  if (row === column) return 'normal';
  return column > row ? 'hard' : 'easy';
}

/** Rows chosen, columns rejected. */
function cellsOf(scored: Scored<StyledComparison>[]): Scored<StyledComparison>[][][] {
  const cells = groupBy(scored, ({ comparison }) => `${comparison.chosenStyle}${comparison.rejectedStyle}`);
  return STYLES.map((row) => STYLES.map((column) => cells.get(`${row}${column}`) ?? []));
}

/** Mean score of every cell. */
const matrix = (scored: Scored<StyledComparison>[]): Cells =>
  cellsOf(scored).map((row) => row.map((members) => mean(members.map(({ score }) => score))));

function byDifficulty(cells: Cells): Record<Difficulty, number> {
  const of = (name: Difficulty) =>
    mean(cells.flatMap((row, i) => row.filter((_, j) => difficulty(i, j) === name)));
  return { hard: of('hard'), normal: of('normal'), easy: of('easy') };
}

/**
 * RM-R1's process_final_result.py keeps the diagonals of the matrix in three files, the rejected style shifted by 0, 1
 * and 2, and reads the third one in place of the second. Its figures are given beside the right ones, as published
 * ones may have been made so.
 */
function asRmR1Reads(cells: Cells): Cells {
  return cells.map((row, i) => row.map((cell, j) => (j === (i + 1) % 3 ? cells[i]![(i + 2) % 3]! : cell)));
}
