/** `verity eval judge`: pairs whose better side is known, each judged as users' code is. */
import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { z } from 'zod';
import type { Judgment } from '../protocol/judgment.ts';
import { VerityError } from '../runtime/errors.ts';
import type { DevicePreference } from '../runtime/devices/device.ts';
import type { DtypeChoice } from '../runtime/quantize/options.ts';
import type { JudgeService } from '../service/judge-service.ts';
import { withJudge } from './judge.ts';

const Pair = z.object({
  id: z.string(),
  language: z.string(),
  bug: z.string(),
  good: z.string(),
  bad: z.string(),
});
type Pair = z.infer<typeof Pair>;

interface Judged {
  pair: Pair;
  /** The letter under which the good version was given. */
  good: 'A' | 'B';
  judgment: Judgment;
}

export interface EvalOptions {
  data: string;
  limit?: number;
  out?: string;
  model: Record<string, string>;
  dtype?: DtypeChoice;
  device?: DevicePreference;
  json?: boolean;
}

export async function evaluateJudge(options: EvalOptions, signal: AbortSignal): Promise<void> {
  const pairs = (await readPairs(options.data)).slice(0, options.limit);
  if (pairs.length === 0) throw new VerityError('badInput', `${options.data} holds no pairs.`);
  const judged = await withJudge(options, (service) => judgeAll(service, pairs, signal));
  const figures = {
    data: options.data,
    machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version },
    ...summarize(judged),
  };
  if (options.out !== undefined) await writeFigures(options.out, figures);
  if (options.json) console.log(JSON.stringify(figures));
  else printFigures(figures);
}

async function writeFigures(file: string, figures: object): Promise<void> {
  await writeFile(file, `${JSON.stringify(figures, null, 2)}\n`).catch((error: unknown) => {
    throw new VerityError('badInput', `Cannot write ${file}: ${error instanceof Error ? error.message : ''}`);
  });
}

async function judgeAll(service: JudgeService, pairs: Pair[], signal: AbortSignal): Promise<Judged[]> {
  const judged: Judged[] = [];
  for (const [index, pair] of pairs.entries()) {
    // The good version alternates, so that a judge that always says A scores half.
    const good = index % 2 === 0 ? 'A' : 'B';
    const [a, b] = good === 'A' ? [pair.good, pair.bad] : [pair.bad, pair.good];
    const judgment = await service.judge({ a, b, language: pair.language }, { signal }, 'batch');
    judged.push({ pair, good, judgment });
    if ((index + 1) % 50 === 0) process.stderr.write(`${index + 1} of ${pairs.length}\n`);
  }
  return judged;
}

async function readPairs(file: string): Promise<Pair[]> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new VerityError('badInput', `Cannot read ${file}.`);
  });
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => {
      try {
        return Pair.parse(JSON.parse(line));
      } catch {
        throw new VerityError(
          'badInput',
          `${file}:${index + 1} is not a pair; it needs id, language, bug, good and bad.`,
        );
      }
    });
}

/** A pair counts as right only if both orders are; undecided pairs count as wrong. */
function summarize(judged: Judged[]) {
  const isRight = ({ judgment, good }: Judged) => judgment.verdict === good;
  const agreed = judged.filter(({ judgment }) => judgment.agreement);
  const readings = judged.flatMap(({ judgment, good }) =>
    judgment.orders.map(({ verdict }) => ({ verdict, good })),
  );
  const times = judged.map(({ judgment }) => judgment.timings.totalMs).toSorted((a, b) => a - b);
  return {
    pairs: judged.length,
    bothRight: share(judged, isRight),
    agreement: agreed.length / judged.length,
    accuracyWhereAgreed: share(agreed, isRight),
    orderAccuracy: share(readings, ({ verdict, good }) => verdict === good),
    noVerdict: share(readings, ({ verdict }) => verdict === null),
    meanConfidenceWhereRight: mean(agreed.filter(isRight).map(({ judgment }) => judgment.confidence)),
    meanConfidenceWhereWrong: mean(
      agreed.filter((one) => !isRight(one)).map(({ judgment }) => judgment.confidence),
    ),
    expectedCalibrationError: calibrationError(agreed, isRight),
    medianMs: times[Math.floor(times.length / 2)] ?? 0,
    byLanguage: groups(judged, ({ pair }) => pair.language, isRight),
    byBug: groups(judged, ({ pair }) => pair.bug, isRight),
  };
}

const share = <Item>(items: Item[], test: (item: Item) => boolean): number =>
  items.length === 0 ? 0 : items.filter(test).length / items.length;

const mean = (values: number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Ten bins of confidence; the mean distance between confidence and accuracy, weighted by the bins' sizes. */
function calibrationError(judged: Judged[], isRight: (one: Judged) => boolean): number {
  const bins = Array.from({ length: 10 }, (): Judged[] => []);
  for (const one of judged) bins[Math.min(9, Math.floor(10 * one.judgment.confidence))]!.push(one);
  const gaps = bins.map(
    (bin) =>
      bin.length * Math.abs(share(bin, isRight) - mean(bin.map(({ judgment }) => judgment.confidence))),
  );
  return judged.length === 0 ? 0 : gaps.reduce((sum, gap) => sum + gap, 0) / judged.length;
}

function groups(judged: Judged[], by: (one: Judged) => string, isRight: (one: Judged) => boolean) {
  const names = [...new Set(judged.map(by))].sort();
  return Object.fromEntries(
    names.map((name) => {
      const members = judged.filter((one) => by(one) === name);
      return [name, { pairs: members.length, bothRight: share(members, isRight) }];
    }),
  );
}

function printFigures(figures: ReturnType<typeof summarize>): void {
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  console.log(`${figures.pairs} pairs, each in both orders`);
  console.log(`  both orders right      ${percent(figures.bothRight)}`);
  console.log(`  orders agree           ${percent(figures.agreement)}`);
  console.log(`  right where they agree ${percent(figures.accuracyWhereAgreed)}`);
  console.log(`  right per order        ${percent(figures.orderAccuracy)}`);
  console.log(`  no valid verdict       ${percent(figures.noVerdict)}`);
  console.log(`  calibration error      ${figures.expectedCalibrationError.toFixed(3)}`);
  console.log(`  median judgment        ${Math.round(figures.medianMs)} ms`);
  for (const [name, group] of Object.entries({ ...figures.byLanguage, ...figures.byBug }))
    console.log(`  ${name.padEnd(26)} ${percent(group.bothRight).padStart(8)} of ${group.pairs}`);
}
