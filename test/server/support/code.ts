/** Two versions of a function that differ in one line. */
const average = (divisor: string) =>
  `function average(values: number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / ${divisor};
}
`;

export const PAIR = {
  a: average('values.length'),
  b: average('(values.length - 1)'),
  language: 'typescript',
};
