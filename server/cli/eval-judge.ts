/** `verity eval judge`: comparisons whose better side is known, each judged as users' code is. */
import { writeFile } from 'node:fs/promises';
import { resolveJudge } from '../catalog/resolve.ts';
import { BENCHMARKS, type Format } from '../eval/benchmarks/benchmarks.ts';
import { keyOf, place, type Placed, promptDigest } from '../eval/comparison.ts';
import { type Evaluation, evaluationOf } from '../eval/evaluation.ts';
import { type Identity, Journal } from '../eval/journal.ts';
import { modelDigest } from '../eval/model-digest.ts';
import type { Ended, Outcome } from '../eval/outcome.ts';
import { reportHtml } from '../eval/report/report.ts';
import { judgeAll } from '../eval/run.ts';
import { sampleItems } from '../eval/sample.ts';
import { readSource } from '../eval/source.ts';
import { FAMILIES } from '../judge/prompts/families.ts';
import { VerityError } from '../runtime/errors.ts';
import type { DevicePreference } from '../runtime/devices/device.ts';
import type { DtypeChoice } from '../runtime/quantize/options.ts';
import { VERSION } from '../bundle.ts';
import { commandLine } from './command-line.ts';
import { EvalProgress } from './eval-progress.ts';
import { withJudge } from './judge.ts';
import { printEvaluation } from './print-evaluation.ts';

export interface EvalOptions {
  data: string;
  format: Format;
  limit?: number;
  seed?: number;
  out?: string;
  report?: string;
  resume?: boolean;
  model: Record<string, string>;
  dtype?: DtypeChoice;
  device?: DevicePreference;
  json?: boolean;
}

export async function evaluateJudge(options: EvalOptions, signal: AbortSignal): Promise<void> {
  const { data, format, limit, seed, out, report } = options;
  if (options.resume && out === undefined)
    throw new VerityError('badInput', '--resume goes on from what lies beside --out; name the same --out.');
  const startedAt = new Date();
  const benchmark = BENCHMARKS[format];
  const source = await readSource(data);
  const sample = sampleItems(place(benchmark.read(source)), { limit, seed });
  const model = await describeModel(options);
  const all = await judgeSample(sample, identityOf(format, source.digest, model), options, signal);
  const evaluation = evaluationOf(benchmark, all, {
    data,
    dataSha256: source.digest,
    limit,
    seed,
    command: commandLine(),
    startedAt,
    model: model.described,
    version: VERSION,
  });
  if (out !== undefined) await write(out, `${JSON.stringify(evaluation, null, 2)}\n`);
  if (report !== undefined) await write(report, reportHtml(evaluation));
  if (options.json) console.log(JSON.stringify(evaluation));
  else printEvaluation(evaluation);
}

interface Model {
  described: Evaluation['model'];
  prompt: string;
}

async function describeModel({ model, device = 'auto', dtype = 'auto' }: EvalOptions): Promise<Model> {
  const { id, directory, family } = await resolveJudge(model['judge']);
  return {
    described: { id, sha256: await modelDigest(directory), promptFamily: family, device, dtype },
    prompt: promptDigest(FAMILIES[family]),
  };
}

function identityOf(benchmark: Format, data: string, { described, prompt }: Model): Identity {
  const { sha256: model, promptFamily, device, dtype } = described;
  return { journal: 1, benchmark, data, model, promptFamily, prompt, device, dtype, verity: VERSION };
}

/** `figures.json` → `figures.journal.jsonl` */
const journalFile = (out: string): string => `${out.replace(/\.json$/, '')}.journal.jsonl`;

async function judgeSample(
  sample: Placed[],
  identity: Identity,
  options: EvalOptions,
  signal: AbortSignal,
): Promise<Ended[]> {
  const { out, resume = false } = options;
  const kept = out === undefined ? undefined : await Journal.open(journalFile(out), identity, resume);
  const known = kept?.outcomes ?? new Map<string, Outcome>();
  const resumed = sample.filter((placed) => known.has(keyOf(placed))).length;
  if (kept !== undefined && resume) tellWhatIsKept(kept.anew, resumed, sample.length);
  const progress = new EvalProgress(sample.length, resumed);
  const hooks = { known, journal: kept?.journal, onEnded: (outcome: Outcome) => progress.ended(outcome) };
  try {
    return await withJudge(options, (service) =>
      judgeAll(sample, (pair) => service.judge(pair, { signal }, 'batch'), hooks),
    );
  } catch (error) {
    progress.end();
    if (kept !== undefined) tellHowToResume(kept.journal.file);
    throw error;
  } finally {
    progress.end();
    await kept?.journal.close();
  }
}

function tellWhatIsKept(anew: string | undefined, resumed: number, total: number): void {
  process.stderr.write(
    anew === undefined
      ? `${resumed} of ${total} are judged already\n`
      : `starting anew, nothing is kept: ${anew}\n`,
  );
}

function tellHowToResume(file: string): void {
  const command = commandLine();
  process.stderr.write(
    `what is judged is kept in ${file}; go on with: ${command.includes('--resume') ? command : `${command} --resume`}\n`,
  );
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((error: unknown) => {
    throw new VerityError('badInput', `Cannot write ${file}: ${error instanceof Error ? error.message : ''}`);
  });
}
