/** What the judge's statistics have in common. */

export const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

/** NaN of no values. */
export const mean = (values: number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
