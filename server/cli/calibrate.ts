/** `verity calibrate`: what the judge's confidence is worth, measured on pairs that it was not trained on. */
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { resolveJudge } from '../catalog/resolve.ts';
import { calibrate, type Reading } from '../judge/calibration.ts';
import type { FamilyName } from '../judge/prompts/families.ts';
import type { Calibration } from '../protocol/judgment.ts';
import { VerityError } from '../runtime/errors.ts';
import type { DevicePreference } from '../runtime/devices/device.ts';
import type { DtypeChoice } from '../runtime/quantize/options.ts';
import type { JudgeService } from '../service/judge-service.ts';
import { readCode, withJudge } from './judge.ts';
import { percent } from './print-evaluation.ts';

const Pair = z.object({ language: z.string(), good: z.string(), bad: z.string() });
type Pair = z.infer<typeof Pair>;

export interface CalibrateOptions {
  data: string;
  skip?: number;
  limit?: number;
  dryRun?: boolean;
  model: Record<string, string>;
  dtype?: DtypeChoice;
  device?: DevicePreference;
  json?: boolean;
}

export async function calibrateJudge(options: CalibrateOptions, signal: AbortSignal): Promise<void> {
  const { data, skip = 0, limit = Infinity } = options;
  const pairs = (await readPairs(data)).slice(skip, skip + limit);
  const { directory, family } = await resolveJudge(options.model['judge']);
  const readings = await withJudge(options, (service) => readAll(service, pairs, signal));
  const calibration = calibrate(readings, `${basename(data)}, pairs ${skip + 1} to ${skip + pairs.length}`);
  if (!options.dryRun) await keep(join(directory, 'verity.json'), { promptFamily: family, calibration });
  if (options.json) console.log(JSON.stringify(calibration));
  else print(calibration);
}

/** Of each pair on which both orders agree, how sure the judge was before any calibration, and whether it was right. */
async function readAll(service: JudgeService, pairs: Pair[], signal: AbortSignal): Promise<Reading[]> {
  const readings: Reading[] = [];
  for (const [index, { good, bad, language }] of pairs.entries()) {
    // The good version alternates, so that a preference for one letter shows as a mistake.
    const right = index % 2 === 0 ? 'A' : 'B';
    const [a, b] = right === 'A' ? [good, bad] : [bad, good];
    const { verdict, rawConfidence = 0 } = await service.judge({ a, b, language }, { signal });
    if (verdict !== 'undecided') readings.push({ confidence: rawConfidence, right: verdict === right });
    if ((index + 1) % 50 === 0) process.stderr.write(`${index + 1} of ${pairs.length}\n`);
  }
  return readings;
}

async function readPairs(file: string): Promise<Pair[]> {
  const lines = (await readCode(file)).split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return Pair.parse(JSON.parse(line));
    } catch {
      throw new VerityError(
        'badInput',
        `${file}:${index + 1} is not a pair; it needs language, good and bad.`,
      );
    }
  });
}

/** Beside what else the checkpoint says of itself. */
async function keep(
  file: string,
  found: { promptFamily: FamilyName; calibration: Calibration },
): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const manifest = { ...z.looseObject({}).parse(JSON.parse(text)), ...found };
  await writeFile(file, `${JSON.stringify(manifest, null, 2)}\n`).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new VerityError('badInput', `The calibration cannot be kept: ${reason}`);
  });
}

function print({ temperature, judgments, bins }: Calibration): void {
  const column = (share: number) => percent(share).padStart(8);
  console.log(`temperature ${temperature.toFixed(3)}, fitted on ${judgments} judgments`);
  console.log('confidence    right   count');
  for (const { confidence, right, count } of bins)
    console.log(`  ${column(confidence)} ${column(right)} ${String(count).padStart(7)}`);
}
