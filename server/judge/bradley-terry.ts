/**
 * The Bradley–Terry model: candidate i beats j with probability σ(θi − θj). Strengths are fitted to comparisons by
 * maximum a posteriori, their uncertainty read from the Fisher information there.
 */

import { mean, sigmoid } from './numbers.ts';

/** A comparison by the candidates' places. */
export interface Match {
  a: number;
  b: number;
  /** undecided: half a win for each. */
  result: 'A' | 'B' | 'undecided';
}

export interface Strength {
  /** Natural logarithm; 0 is the candidates' average. */
  strength: number;
  /** Standard error of the strength's distance from the average. */
  error: number;
}

type Matrix = number[][];

/**
 * Everyone has also won and lost this share of a comparison against a candidate of strength 0: the weak prior that
 * keeps the undefeated finite.
 */
const PRIOR = 0.25;

/** Newton's method doubles the right digits each time; few steps are ever needed. */
const MAX_STEPS = 50;
const PRECISE = 1e-10;

/** The most likely strength of each of `count` candidates. */
export function bradleyTerry(count: number, matches: readonly Match[], prior = PRIOR): Strength[] {
  const wins = winsOf(count, matches);
  let strengths = new Array<number>(count).fill(0);
  for (let step = 0; step < MAX_STEPS; step++) {
    const { slope, information } = derivatives(strengths, wins, prior);
    const move = product(inverse(information), slope);
    strengths = climb(strengths, move, (point) => logPosterior(point, wins, prior));
    if (Math.max(...move.map(Math.abs)) < PRECISE) break;
  }
  const covariance = inverse(derivatives(strengths, wins, prior).information);
  const average = mean(strengths);
  const errors = errorsFromAverage(covariance);
  return strengths.map((strength, index) => ({ strength: strength - average, error: errors[index]! }));
}

/** 95 % by the normal approximation. */
export const interval95 = ({ strength, error }: Strength): [number, number] => [
  strength - 1.96 * error,
  strength + 1.96 * error,
];

/** [i][j]: how often i has won against j. */
function winsOf(count: number, matches: readonly Match[]): Matrix {
  const wins = square(count, () => 0);
  for (const { a, b, result } of matches) {
    const score = { A: 1, B: 0, undecided: 0.5 }[result];
    wins[a]![b]! += score;
    wins[b]![a]! += 1 - score;
  }
  return wins;
}

/** The posterior is concave, so a shorter step along Newton's direction always leads up, but for rounding. */
function climb(from: number[], move: number[], height: (point: number[]) => number): number[] {
  const start = height(from);
  for (let length = 1; length > PRECISE; length /= 2) {
    const point = from.map((value, index) => value + length * move[index]!);
    if (height(point) >= start - PRECISE * Math.abs(start)) return point;
  }
  return from;
}

function logPosterior(strengths: number[], wins: Matrix, prior: number): number {
  let sum = 0;
  for (const [i, mine] of strengths.entries()) {
    sum += prior * (logSigmoid(mine) + logSigmoid(-mine));
    for (const [j, theirs] of strengths.entries()) sum += wins[i]![j]! * logSigmoid(mine - theirs);
  }
  return sum;
}

/** The gradient of the log posterior, and the negative of its second derivative, which is the Fisher information. */
function derivatives(strengths: number[], wins: Matrix, prior: number) {
  const slope = strengths.map((mine) => prior * (1 - 2 * sigmoid(mine)));
  const information = square(strengths.length, (row, column) =>
    row === column ? 2 * prior * weight(strengths[row]!) : 0,
  );
  for (const [i, mine] of strengths.entries())
    for (const [j, theirs] of strengths.entries()) {
      const games = wins[i]![j]! + wins[j]![i]!;
      slope[i]! += wins[i]![j]! - games * sigmoid(mine - theirs);
      information[i]![i]! += games * weight(mine - theirs);
      information[i]![j]! -= games * weight(mine - theirs);
    }
  return { slope, information };
}

/**
 * How surely each candidate's distance from the average is known. Comparisons say nothing of the average itself, so
 * its uncertainty, which is the prior's, is left out.
 */
function errorsFromAverage(covariance: Matrix): number[] {
  const rows = covariance.map(mean);
  const all = mean(rows);
  return rows.map((row, index) => Math.sqrt(Math.max(0, covariance[index]![index]! - 2 * row + all)));
}

const logSigmoid = (value: number): number => Math.min(0, value) - Math.log1p(Math.exp(-Math.abs(value)));
const weight = (lead: number): number => sigmoid(lead) * sigmoid(-lead);

const square = (size: number, entry: (row: number, column: number) => number): Matrix =>
  Array.from({ length: size }, (_, row) => Array.from({ length: size }, (_, column) => entry(row, column)));

/** Of a symmetric positive definite matrix, by Gauss and Jordan; the prior makes the information one. */
function inverse(matrix: Matrix): Matrix {
  const size = matrix.length;
  const rows = matrix.map((row, index) => [...row, ...row.map((_, column) => Number(column === index))]);
  for (let pivot = 0; pivot < size; pivot++) {
    const divisor = rows[pivot]![pivot]!;
    const unit = rows[pivot]!.map((value) => value / divisor);
    rows[pivot] = unit;
    for (let other = 0; other < size; other++) {
      if (other === pivot) continue;
      const factor = rows[other]![pivot]!;
      rows[other] = rows[other]!.map((value, column) => value - factor * unit[column]!);
    }
  }
  return rows.map((row) => row.slice(size));
}

const product = (matrix: Matrix, vector: number[]): number[] =>
  matrix.map((row) => row.reduce((sum, value, index) => sum + value * vector[index]!, 0));
