/**
 * Temperature scaling (Guo et al. 2017): one scalar, fitted on held-out judgments, that turns how sure the judge says
 * it is into how often it is right.
 */
import type { Calibration, ReliabilityBin } from '../protocol/judgment.ts';
import { VerityError } from '../runtime/errors.ts';
import { mean, sigmoid } from './numbers.ts';

/** A verdict with how sure the judge was of it, 0–1, and whether it was right. */
export interface Reading {
  confidence: number;
  right: boolean;
}

/** Where the readings cannot be told apart from certainty or chance, the temperature ends at one of these. */
const COLDEST = 0.05;
const HOTTEST = 20;

/** A rival that is not among the recorded alternatives makes a confidence of exactly 1, whose log-odds are infinite. */
const CERTAIN = 1 - 1e-6;

const BINS = 20;

/**
 * The temperature T, 0.05–20, that minimizes the negative log likelihood of the outcomes under σ(log-odds / T).
 * @throws VerityError badInput without readings.
 */
export function fitTemperature(readings: readonly Reading[]): number {
  if (readings.length === 0)
    throw new VerityError(
      'badInput',
      'There is no verdict to calibrate with; give pairs that the judge decides.',
    );
  const points = readings.map(({ confidence, right }) => ({
    odds: logOdds(confidence),
    right: Number(right),
  }));
  // In the inverse temperature the likelihood is a logistic regression's: its slope only rises, so bisection finds 0.
  const slope = (inverse: number) =>
    points.reduce((sum, { odds, right }) => sum + odds * (sigmoid(inverse * odds) - right), 0);
  let [low, high] = [1 / HOTTEST, 1 / COLDEST];
  if (slope(low) >= 0) return HOTTEST;
  if (slope(high) <= 0) return COLDEST;
  for (let halvings = 0; halvings < 60; halvings++) {
    const middle = (low + high) / 2;
    if (slope(middle) < 0) low = middle;
    else high = middle;
  }
  return 2 / (low + high);
}

/** A confidence after temperature scaling; 0, which stands for "no verdict", stays. */
export const scaled = (confidence: number, temperature: number): number =>
  confidence === 0 ? 0 : sigmoid(logOdds(confidence) / temperature);

/** Mean confidence, share right and count in bins of equal width over 0–1; empty bins are left out. */
export function reliability(readings: readonly Reading[], bins = BINS): ReliabilityBin[] {
  const groups = Array.from({ length: bins }, (): Reading[] => []);
  for (const reading of readings)
    groups[Math.min(bins - 1, Math.floor(bins * reading.confidence))]!.push(reading);
  return groups.flatMap((group, index) =>
    group.length === 0
      ? []
      : {
          from: index / bins,
          to: (index + 1) / bins,
          confidence: mean(group.map(({ confidence }) => confidence)),
          right: mean(group.map(({ right }) => Number(right))),
          count: group.length,
        },
  );
}

/**
 * All that a checkpoint's verity.json keeps of its calibration.
 * @param readings Verdicts on held-out pairs with their confidence before any scaling.
 * @param data What they were measured on, in words.
 */
export function calibrate(readings: readonly Reading[], data: string): Calibration {
  const temperature = fitTemperature(readings);
  const shown = readings.map(({ confidence, right }) => ({
    confidence: scaled(confidence, temperature),
    right,
  }));
  return { temperature, judgments: readings.length, data, bins: reliability(shown) };
}

function logOdds(confidence: number): number {
  const bounded = Math.min(CERTAIN, Math.max(1 - CERTAIN, confidence));
  return Math.log(bounded / (1 - bounded));
}
